// The customer's own page: level and points, the ways to coupons and orders, language.
import { h, icon, replace } from '../app/dom.js'
import { shop } from '../app/platform.js'
import { currentLanguage, fill, setLanguage, t } from '../app/state.js'
import { bone, failure } from '../app/widgets.js'
import { listOf } from '../shared/coupon-view.js'
import { yuan } from '../shared/money.js'
import { dateText } from '../shared/order-view.js'

export async function memberPage({ view, alive }) {
  const card = h('section', { class: 'member-card', 'aria-busy': 'true' }, bone('line title'), bone('line short'), bone('line'))
  const usable = h('small')
  replace(view, h('div', { class: 'stack narrow' }, card, menu(usable)))
  await Promise.all([load(card, alive, async () => drawMember(card, (await shop.member()).member)), countCoupons(usable)])
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

/** How many coupons can be used; the way to them is there without that number, too. */
async function countCoupons(place) {
  try {
    const { coupons } = await shop.myCoupons()
    place.textContent = fill(t().member.couponsUsable, { count: coupons.filter((coupon) => listOf(coupon) === 'usable').length })
  } catch (error) {
    console.warn('the coupons could not be counted:', error)
  }
}

function menu(usable) {
  const texts = t()
  const other = currentLanguage() === 'zh' ? 'en' : 'zh'
  return h('section', { class: 'card menu' },
    h('a', { href: '#/my-coupons' }, icon('ticket'), h('span', {}, texts.member.myCoupons), usable, icon('forward', 18)),
    h('a', { href: '#/coupons' }, icon('leaf'), h('span', {}, texts.member.getCoupons), icon('forward', 18)),
    h('a', { href: '#/orders' }, icon('orders'), h('span', {}, texts.member.myOrders), icon('forward', 18)),
    h('button', { onclick: () => setLanguage(other) }, icon('globe'), h('span', {}, texts.member.language), h('small', {}, `${texts.language} → ${texts.otherLanguage}`)),
    h('div', {}, icon('info'), h('span', {}, texts.member.about, h('small', {}, texts.member.aboutLine))))
}
