// What all pages share: the shop's calls, the language, the bag.
const platform = require('../platform')
const { pieces, restored, withMore, withQuantity } = require('../shared/cart')
const { errorText } = require('../shared/error-text')
const { catalogue, languageFor } = require('../shared/language')
const { shopClient } = require('../shared/shop-client')

const shop = shopClient(platform)
const cartTab = 1

function language() {
  return platform.read('language') || languageFor(platform.reportedLanguage())
}

/** The strings that a page shows; every page puts them into its data as `t`. */
function texts() {
  return catalogue(language())
}

function setLanguage(next) {
  platform.write('language', next)
  showTabs()
}

/** Tabs speak the current language and the bag's tab shows how much is in it. */
function showTabs() {
  const { tabs } = texts()
  const names = [tabs.home, tabs.cart, tabs.orders, tabs.member]
  names.forEach((text, index) => platform.setTabText(index, text))
  showCount()
}

function showCount() {
  const count = pieces(cart.lines())
  platform.setTabBadge(cartTab, count === 0 ? '' : String(Math.min(count, 99)))
}

const cart = {
  lines: () => restored(platform.read('cart')),
  add: (id, quantity) => keep(withMore(cart.lines(), id, quantity)),
  set: (id, quantity) => keep(withQuantity(cart.lines(), id, quantity)),
  remove: (ids) => keep(cart.lines().filter((line) => !ids.includes(line.id))),
}

function keep(lines) {
  platform.write('cart', lines)
  showCount()
}

/** Tells the customer what the shop answered. */
function toastError(error) {
  console.warn('refused:', error)
  platform.toast(errorText(error, language()))
}

module.exports = { shop, cart, language, texts, setLanguage, showTabs, toastError }
