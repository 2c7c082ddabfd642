// The customer's coupons: those that can be used, those that were, those that are over.
import { couponWords } from '../app/coupon-words.js'
import { h, replace } from '../app/dom.js'
import { shop } from '../app/platform.js'
import { t } from '../app/state.js'
import { ticket } from '../app/ticket.js'
import { bones, message } from '../app/widgets.js'
import { listOf, untilText } from '../shared/coupon-view.js'
import { yuan } from '../shared/money.js'

const lists = ['usable', 'used', 'expired']
let chosen = 'usable'

export async function myCouponsPage({ view, alive }) {
  const texts = t().coupon
  const filters = h('div', { class: 'filters', role: 'group', 'aria-label': texts.mineTitle })
  const list = h('div', { class: 'tickets', 'aria-busy': 'true' }, bones('ticket-bone', 3))
  replace(view, filters, list)
  const { coupons, now } = await shop.myCoupons()
  const words = await couponWords(coupons)
  if (!alive()) return
  const show = () => {
    replace(filters, lists.map((each) => h('button', {
      class: 'filter', 'aria-pressed': chosen === each ? 'true' : 'false', onclick: () => { chosen = each; show() },
    }, texts[each], count(coupons, each))))
    drawList(list, coupons.filter((coupon) => listOf(coupon) === chosen), words, now)
  }
  show()
}

function count(coupons, list) {
  const number = coupons.filter((coupon) => listOf(coupon) === list).length
  return number > 0 ? h('small', {}, String(number)) : null
}

function drawList(list, coupons, words, now) {
  const texts = t().coupon
  list.setAttribute('aria-busy', 'false')
  if (coupons.length === 0) {
    const name = chosen[0].toUpperCase() + chosen.slice(1)
    replace(list, message({ picture: 'empty-coupons', title: texts[`no${name}`], hint: texts[`no${name}Hint`], action: { href: '#/coupons', text: texts.entry } }))
    return
  }
  // What ends first stands first, where it can still be used.
  const sorted = chosen === 'usable' ? coupons.slice().sort((left, right) => left.until - right.until) : coupons
  replace(list, sorted.map((coupon) => ticket({ coupon, words, state: stateOf(coupon), validity: untilText(coupon, now, texts), foot: foot(coupon, now) })))
}

function stateOf(coupon) {
  return coupon.frozen ? 'frozen' : coupon.status
}

function foot(coupon, now) {
  const texts = t().coupon
  if (coupon.frozen) return h('span', { class: 'ticket-state' }, texts.frozen)
  if (coupon.status === 'locked') return [h('span', { class: 'ticket-state' }, texts.locked), orderLink(coupon.order)]
  if (coupon.status === 'held') return coupon.from > now ? null : h('a', { class: 'button quiet small', href: '#/' }, texts.use)
  if (coupon.status === 'voided') return h('span', { class: 'ticket-state' }, texts.voided)
  if (coupon.status === 'expired') return null
  const use = (coupon.uses || []).find((each) => !each.refunded)
  return use ? [h('span', { class: 'ticket-state' }, `−¥${yuan(use.amount)}`), orderLink(use.order)] : null
}

function orderLink(order) {
  return h('a', { class: 'button quiet small', href: `#/orders/${encodeURIComponent(order)}` }, t().coupon.toOrder)
}
