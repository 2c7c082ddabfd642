// One order: how it stands, what is in it, and what can be done with it.
import { couponWords } from '../app/coupon-words.js'
import { h, replace } from '../app/dom.js'
import { shop } from '../app/platform.js'
import { go } from '../app/router.js'
import { cart, fill, say, t } from '../app/state.js'
import { ask, bones, infoRow, message, picture, price, toast, toastError } from '../app/widgets.js'
import { yuan } from '../shared/money.js'
import { clockText, timeText } from '../shared/order-view.js'

export async function orderPage({ view, values, alive }) {
  replace(view, h('div', { class: 'stack narrow', 'aria-busy': 'true' }, bones('block card', 3)))
  try {
    const [{ order }, found, words] = await Promise.all([shop.order(values.id), shop.shop(), couponWords([])])
    if (alive()) draw(view, order, { found, words })
  } catch (error) {
    if (error.code !== 'ORDER_NOT_FOUND') throw error
    const texts = t()
    if (alive()) replace(view, message({ picture: 'empty-orders', title: texts.order.missing, hint: texts.order.missingHint, action: { href: '#/orders', text: texts.orders.title } }))
  }
}

function draw(view, order, around) {
  const texts = t().order
  const { found, words } = around
  const redraw = (next) => draw(view, next, around)
  replace(view, h('div', { class: 'stack narrow' },
    h('section', { class: `order-state ${order.status}` },
      h('h2', {}, t().orders[order.status]),
      h('p', {}, texts[`${order.status}Line`]),
      order.pickupCode ? h('div', { class: 'code' }, h('small', {}, texts.code), h('strong', {}, order.pickupCode), h('span', {}, `${texts.pickup} ${clockText(order.pickupAt)}`)) : null),
    h('section', { class: 'card' },
      order.items.map((item) => h('div', { class: 'line' }, h('span', { class: 'line-picture' }, picture(item.picture)), h('span', { class: 'line-name' }, say(item.name), h('small', {}, `¥${yuan(item.price)}`)), h('span', { class: 'times' }, `× ${item.quantity}`), price(item.amount))),
      order.discount > 0 || order.gifts?.length > 0 ? reductions(order, words) : null,
      h('div', { class: 'line total' }, h('span', {}, t().cart.total), price(order.total, 'large'))),
    h('dl', { class: 'card facts' },
      infoRow(texts.address, found ? say(found.address) : ''), infoRow(texts.number, order.no), infoRow(texts.created, timeText(order.createdAt)),
      order.paidAt ? infoRow(texts.paidAt, timeText(order.paidAt)) : null, order.refundedAt ? infoRow(texts.refundedAt, timeText(order.refundedAt)) : null, infoRow(texts.pickup, timeText(order.pickupAt)), infoRow(texts.remark, order.remark || texts.noRemark)),
    actions(order, redraw)))
}

/** What was taken off: the sum before, each coupon, and what has become of it. */
function reductions(order, words) {
  const texts = t().order
  return h('div', { class: 'reductions' },
    h('div', {}, h('span', {}, texts.subtotal), h('span', {}, `¥${yuan(order.subtotal)}`)),
    order.coupons.map((coupon) => h('div', {}, h('span', {}, words.translate(coupon.name), afterText(coupon) ? h('small', {}, afterText(coupon)) : null), h('b', {}, `−¥${yuan(coupon.discount)}`))),
    order.gifts.map((gift) => h('div', {}, h('span', {}, fill(t().confirm.gift, { name: gift.name })))))
}

/** After a refund: whether the coupon can be used again. */
function afterText({ after }) {
  const texts = t().order
  if (!after) return ''
  return after === 'held' ? texts.couponBack : texts.couponGone
}

function actions(order, redraw) {
  const texts = t().order
  const once = h('button', { class: 'button quiet wide', onclick: () => again(order) }, texts.again)
  if (order.status === 'paid') {
    const refund = h('button', { class: 'button quiet', onclick: async () => {
      if (await ask({ title: texts.refundAsk, hint: texts.refundHint, yes: texts.refund, no: texts.keep })) change(refund, texts.refund, () => shop.refundOrder(order._id), texts.refundToast, redraw)
    } }, texts.refund)
    return h('div', { class: 'action-bar' }, refund, once)
  }
  if (order.status !== 'unpaid') return h('div', { class: 'action-bar' }, once)
  const pay = h('button', { class: 'button', onclick: () => change(pay, texts.paying, () => shop.payOrder(order._id), texts.paidToast, redraw) }, fill(texts.pay, { amount: yuan(order.total) }))
  const cancel = h('button', { class: 'button quiet', onclick: async () => {
    if (await ask({ title: texts.cancelAsk, hint: texts.cancelHint, yes: texts.cancel, no: texts.keep })) change(cancel, texts.cancel, () => shop.cancelOrder(order._id), texts.cancelledToast, redraw)
  } }, texts.cancel)
  return h('div', { class: 'action-bar with-note' }, h('p', { class: 'fine' }, texts.simulated), cancel, pay)
}

async function change(button, busyText, call, doneText, redraw) {
  const text = button.textContent
  button.disabled = true
  button.textContent = busyText
  try {
    const { order } = await call()
    toast(doneText)
    redraw(order)
  } catch (error) {
    toastError(error)
    button.disabled = false
    button.textContent = text
  }
}

function again(order) {
  order.items.forEach((item) => cart.set(item.id, item.quantity))
  go('cart')
}
