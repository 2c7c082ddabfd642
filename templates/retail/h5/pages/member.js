// The customer's own page: level and points, coupons, orders, language.
import { h, icon, replace } from '../app/dom.js'
import { shop } from '../app/platform.js'
import { currentLanguage, fill, say, setLanguage, t } from '../app/state.js'
import { bone, failure, price } from '../app/widgets.js'
import { yuan } from '../shared/money.js'
import { dateText } from '../shared/order-view.js'

export async function memberPage({ view, alive }) {
  const card = h('section', { class: 'member-card', 'aria-busy': 'true' }, bone('line title'), bone('line short'), bone('line'))
  const coupons = h('section', { class: 'card coupons' }, bone('block'))
  replace(view, h('div', { class: 'stack narrow' }, card, coupons, menu()))
  await Promise.all([load(card, alive, async () => drawMember(card, (await shop.member()).member)), load(coupons, alive, async () => drawCoupons(coupons, (await shop.coupons()).coupons))])
}

/** Loads one part of the page; its failure leaves the other parts standing. */
async function load(part, alive, work) {
  try {
    await work()
  } catch (error) {
    console.error('a part of the member page could not be loaded:', error)
    if (alive()) replace(part, failure(() => load(part, alive, work)))
  }
}

function drawMember(card, member) {
  const texts = t().member
  const { next } = member
  const progress = next ? (member.points - member.levelFrom) / (next.from - member.levelFrom) : 1
  const bar = h('i')
  bar.style.width = `${Math.round(progress * 100)}%`
  card.setAttribute('aria-busy', 'false')
  replace(card,
    h('div', { class: 'member-head' }, h('div', {}, h('h2', {}, texts.hello), h('small', {}, fill(texts.since, { date: dateText(member.joinedAt) }))), h('span', { class: 'level' }, icon('leaf', 16), texts.levels[member.level])),
    h('div', { class: 'figures' }, figure(String(member.points), texts.points), figure(String(member.orders), texts.orders), figure(`¥${yuan(member.spent)}`, texts.spent)),
    h('div', { class: 'progress' }, bar),
    h('p', {}, next ? fill(texts.next, { points: next.from - member.points, level: texts.levels[next.level] }) : texts.top, h('span', {}, texts.rule)))
}

function figure(value, label) {
  return h('div', {}, h('strong', {}, value), h('small', {}, label))
}

function drawCoupons(section, coupons) {
  const texts = t().member
  const title = h('h2', {}, texts.coupons, h('small', {}, String(coupons.length)))
  if (coupons.length === 0) {
    replace(section, title, h('div', { class: 'no-coupons' }, h('img', { src: 'images/empty-coupons.svg', alt: '', width: 150, height: 100 }), h('strong', {}, texts.noCoupons), h('p', {}, texts.noCouponsHint)))
    return
  }
  replace(section, title, coupons.map((coupon) => h('div', { class: 'coupon' }, price(coupon.amount, 'large'), h('div', {}, h('strong', {}, say(coupon.name)), h('small', {}, couponTerms(coupon))))))
}

function couponTerms({ minimum, expiresAt }) {
  const texts = t().member
  const terms = []
  if (minimum > 0) terms.push(fill(texts.couponMinimum, { amount: yuan(minimum) }))
  if (expiresAt) terms.push(fill(texts.couponUntil, { date: dateText(expiresAt) }))
  return terms.join(' · ')
}

function menu() {
  const texts = t()
  const other = currentLanguage() === 'zh' ? 'en' : 'zh'
  return h('section', { class: 'card menu' },
    h('a', { href: '#/orders' }, icon('orders'), h('span', {}, texts.member.myOrders), icon('forward', 18)),
    h('button', { onclick: () => setLanguage(other) }, icon('globe'), h('span', {}, texts.member.language), h('small', {}, `${texts.language} → ${texts.otherLanguage}`)),
    h('div', {}, icon('info'), h('span', {}, texts.member.about, h('small', {}, texts.member.aboutLine))))
}
