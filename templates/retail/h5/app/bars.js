// The bar at the top (title and way back; on wide screens the whole navigation) and the tabs at the bottom of a phone.
import { h, icon, replace } from './dom.js'
import { goBack } from './router.js'
import { cart, currentLanguage, setLanguage, t } from './state.js'

const tabs = [['', 'home', 'home'], ['cart', 'cart', 'cart'], ['orders', 'orders', 'orders'], ['member', 'member', 'member']]
const titles = {
  'goods/:id': (texts) => texts.goods.title,
  cart: (texts) => texts.cart.title,
  confirm: (texts) => texts.confirm.title,
  orders: (texts) => texts.orders.title,
  'orders/:id': (texts) => texts.order.title,
  member: (texts) => texts.member.title,
  coupons: (texts) => texts.coupon.title,
  'coupons/:id': (texts) => texts.coupon.title,
  'my-coupons': (texts) => texts.coupon.mineTitle,
}
const isTab = (pattern) => tabs.some(([path]) => path === pattern)

export function drawBars(pattern) {
  const texts = t()
  const title = titles[pattern] ? titles[pattern](texts) : ''
  document.title = title ? `${title} · ${texts.shop.name}` : texts.shop.name
  document.body.dataset.page = pattern.split('/')[0] || 'home'
  document.body.dataset.depth = isTab(pattern) ? 'tab' : 'inner'
  replace(document.getElementById('top'), phoneBar(pattern, title, texts), wideBar(pattern, texts))
  replace(document.getElementById('tabs'), tabs.map((tab) => tabLink(tab, pattern, texts)))
  document.getElementById('tabs').setAttribute('aria-label', texts.shop.name)
  updateCartBadges()
}

function phoneBar(pattern, title, texts) {
  if (pattern === '') return null
  const back = isTab(pattern) ? null : h('button', { class: 'bar-back', 'aria-label': texts.common.back, onclick: goBack }, icon('back', 24))
  return h('div', { class: 'phone-bar' }, back, h('h1', {}, title))
}

function wideBar(pattern, texts) {
  return h('div', { class: 'wide-bar' },
    h('div', { class: 'wide-bar-inner' },
      h('a', { class: 'brand', href: '#/' }, h('img', { src: 'images/logo.svg', alt: '', width: 36, height: 36 }), h('span', {}, texts.shop.name)),
      h('div', { class: 'wide-links' }, tabs.map((tab) => tabLink(tab, pattern, texts))),
      languageSwitch()))
}

function tabLink([path, name, iconName], pattern, texts) {
  const current = pattern === path || (path === 'orders' && pattern === 'orders/:id') || (path === '' && pattern === 'goods/:id') || (path === 'member' && pattern === 'my-coupons')
  const badge = name === 'cart' ? h('b', { class: 'badge', hidden: true }) : null
  return h('a', { class: 'tab', href: `#/${path}`, 'aria-current': current ? 'page' : null }, h('span', { class: 'tab-icon' }, icon(iconName, 24), badge), h('span', {}, texts.tabs[name]))
}

export function languageSwitch() {
  const other = currentLanguage() === 'zh' ? 'en' : 'zh'
  return h('button', { class: 'language', lang: other, onclick: () => setLanguage(other) }, icon('globe', 16), t().otherLanguage)
}

export function updateCartBadges() {
  const count = cart.count()
  for (const badge of document.querySelectorAll('.badge')) {
    badge.textContent = count > 99 ? '99+' : String(count)
    badge.hidden = count === 0
  }
}
