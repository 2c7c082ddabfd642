// Home: banner, categories, what people love, everything on the counter.
import { languageSwitch } from '../app/bars.js'
import { h, icon, replace } from '../app/dom.js'
import { shop } from '../app/platform.js'
import { fill, say, t } from '../app/state.js'
import { bones, failure, goodsBones, goodsCard, message, picture, price } from '../app/widgets.js'
import { stateOf } from '../shared/coupon-view.js'
import { clockText, dateText, isOpen, timeText } from '../shared/order-view.js'

// Kept while the page is open, so that coming back from a good shows the same list at the same place at once.
const chosen = { category: '', keyword: '' }
const loaded = { shop: null, categories: null, loved: null }
const left = { filter: '', goods: null, scroll: 0 }

export async function homePage({ view, alive }) {
  const parts = { head: h('div', { class: 'home-head' }), banner: banner(), entry: couponEntry(), categories: h('nav', { class: 'categories' }), loved: h('section', { class: 'loved' }), list: h('section', { class: 'today' }) }
  replace(view, parts.head, parts.banner, parts.entry, parts.categories, parts.loved, parts.list)
  drawHead(parts.head)
  drawCategories(parts)
  drawLoved(parts.loved)
  const place = left.scroll
  const choose = () => showGoods(parts, alive)
  parts.head.addEventListener('search', choose)
  parts.categories.addEventListener('choose', () => { drawCategories(parts); drawLoved(parts.loved); choose() })
  const loading = Promise.all([loadFrame(parts, alive), showGoods(parts, alive), drawEntry(parts.entry)])
  window.scrollTo(0, place)
  rememberPlace(alive)
  await loading
}

function rememberPlace(alive) {
  const remember = () => {
    if (alive()) left.scroll = window.scrollY
    else window.removeEventListener('scroll', remember)
  }
  window.addEventListener('scroll', remember, { passive: true })
}

async function loadFrame(parts, alive) {
  if (loaded.shop) return
  const [found, categories, { goods }] = await Promise.all([shop.shop(), shop.categories(), shop.goods({ sort: 'sales', pageSize: 8 })])
  Object.assign(loaded, { shop: found, categories, loved: goods.filter((good) => good.stock > 0) })
  if (!alive()) return
  drawHead(parts.head)
  drawCategories(parts)
  drawLoved(parts.loved)
}

function drawHead(head) {
  const texts = t()
  const { shop: found } = loaded
  const open = found && isOpen(found, new Date())
  const status = found
    ? h('p', { class: `status${open ? ' open' : ''}` }, h('i'), `${open ? texts.shop.open : texts.shop.closed} · ${fill(texts.shop.hours, found)}`)
    : h('p', { class: 'status' }, texts.shop.line)
  replace(head,
    h('div', { class: 'home-brand' }, h('img', { src: 'images/logo.svg', alt: '', width: 40, height: 40 }), h('div', {}, h('h1', {}, texts.shop.name), status), languageSwitch()),
    searchField(head))
}

function searchField(head) {
  const texts = t().home
  const input = h('input', { type: 'search', placeholder: texts.search, 'aria-label': texts.search, enterkeyhint: 'search', maxlength: 40 })
  input.value = chosen.keyword
  let waiting
  const submit = () => {
    clearTimeout(waiting)
    if (chosen.keyword === input.value.trim()) return
    chosen.keyword = input.value.trim()
    head.dispatchEvent(new CustomEvent('search'))
  }
  input.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(submit, 350) })
  return h('form', { class: 'search', role: 'search', onsubmit: (event) => { event.preventDefault(); submit() } }, icon('search', 20), input)
}

function banner() {
  const texts = t().home
  const [first, second] = texts.bannerTitle.split('\n')
  return h('div', { class: 'banner' },
    h('img', { src: 'images/banner.svg', alt: '' }),
    h('div', { class: 'banner-text' }, h('h2', {}, first, h('br'), second), h('p', {}, texts.bannerLine)))
}

/** The way to the coupons; it is there at once, what there is to take comes when it is known. */
function couponEntry() {
  return h('a', { class: 'coupon-entry', href: '#/coupons' }, icon('ticket', 22), h('strong', {}, t().coupon.entry), h('span', {}, t().coupon.entryNone), icon('forward', 18))
}

async function drawEntry(entry) {
  const texts = t().coupon
  try {
    const offers = await shop.offers()
    const open = offers.filter((offer) => stateOf(offer, offer.now) === 'open').length
    const [next] = offers.filter((offer) => offer.status === 'soon').sort((left, right) => left.opensAt - right.opensAt)
    const hints = []
    if (open > 0) hints.push(fill(texts.entryHint, { count: open }))
    if (next) hints.push(fill(texts.entrySoon, { time: dateText(next.opensAt) === dateText(next.now) ? clockText(next.opensAt) : timeText(next.opensAt) }))
    if (hints.length > 0) replace(entry.querySelector('span'), hints.join(' · '))
  } catch (error) {
    // The shop sells tea without coupons, too.
    console.warn('the coupons could not be counted:', error)
  }
}

function drawCategories({ categories }) {
  if (!loaded.categories) {
    replace(categories, bones('category-bone', 6))
    return
  }
  const all = { _id: '', label: t().home.all }
  replace(categories, [all, ...loaded.categories].map((category) => h('button', {
    class: 'category', 'aria-pressed': chosen.category === category._id ? 'true' : 'false',
    onclick: () => { chosen.category = category._id; categories.dispatchEvent(new CustomEvent('choose')) },
  }, category.picture ? picture(category.picture) : h('span', { class: 'category-all' }, icon('leaf', 26)), h('span', {}, category.label || say(category.name)))))
}

function drawLoved(section) {
  section.hidden = chosen.category !== '' || chosen.keyword !== ''
  const title = h('h2', { class: 'section-title' }, t().home.loved)
  const cards = loaded.loved ? loaded.loved.map(lovedCard) : bones('loved-bone', 4)
  replace(section, title, h('div', { class: 'scroller' }, cards))
}

function lovedCard(good, index) {
  return h('a', { class: 'loved-card', href: `#/goods/${encodeURIComponent(good._id)}` },
    h('span', { class: 'rank' }, String(index + 1)), picture(good.picture), h('strong', {}, say(good.name)), h('span', { class: 'loved-foot' }, price(good.price, 'small'), h('small', {}, fill(t().goods.sold, { count: good.sales }))))
}

async function showGoods(parts, alive) {
  const { category, keyword } = chosen
  // Who searches wants results, not the banner.
  parts.banner.hidden = parts.entry.hidden = keyword !== ''
  const stillWanted = () => alive() && chosen.category === category && chosen.keyword === keyword
  drawLoved(parts.loved)
  const filter = `${category}/${keyword}`
  drawList(parts.list, left.filter === filter ? left.goods : null)
  try {
    const { goods } = await shop.goods({ category, keyword })
    if (!stillWanted()) return
    Object.assign(left, { filter, goods })
    drawList(parts.list, goods)
  } catch (error) {
    console.error('the goods could not be loaded:', error)
    if (stillWanted()) replace(parts.list, failure(() => showGoods(parts, alive)))
  }
}

function drawList(section, goods) {
  const texts = t().home
  if (goods && goods.length === 0) {
    replace(section, message({ picture: 'empty-search', title: texts.nothing, hint: texts.nothingHint, action: { href: '#/', text: texts.showAll, onclick: showEverything } }))
    return
  }
  const title = chosen.keyword ? fill(texts.results, { keyword: chosen.keyword }) : titleOfCategory()
  replace(section,
    h('h2', { class: 'section-title' }, title, goods ? h('small', {}, fill(texts.count, { count: goods.length })) : null),
    h('div', { class: 'grid', 'aria-busy': goods ? 'false' : 'true' }, goods ? goods.map(goodsCard) : goodsBones(6)))
}

function titleOfCategory() {
  const category = (loaded.categories || []).find((each) => each._id === chosen.category)
  return category ? say(category.name) : t().home.today
}

function showEverything(event) {
  event.preventDefault()
  Object.assign(chosen, { category: '', keyword: '' })
  window.dispatchEvent(new HashChangeEvent('hashchange'))
}
