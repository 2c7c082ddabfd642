// Before the order: where, when, what, how much. The token makes a second tap harmless.
import { h, icon, replace } from '../app/dom.js'
import { shop } from '../app/platform.js'
import { go } from '../app/router.js'
import { cart, fill, say, t } from '../app/state.js'
import { bones, message, picture, price, toastError } from '../app/widgets.js'
import { mostOfOne, priced } from '../shared/cart.js'
import { errorCode } from '../shared/error-text.js'
import { yuan } from '../shared/money.js'
import { isOpen, pickupChoices, pickupLabel } from '../shared/order-view.js'
import { orderToken } from '../shared/shop-client.js'
import { couponChoice } from './confirm-coupons.js'

export async function confirmPage({ view, query, alive }) {
  const lines = linesToBuy(query)
  const texts = t()
  if (lines.length === 0) {
    replace(view, message({ picture: 'empty-bag', title: texts.confirm.nothing, hint: texts.cart.emptyHint, action: { href: '#/', text: texts.cart.browse } }))
    return
  }
  await prepare({ view, alive, lines, pickupMinutes: pickupChoices[0], remark: '', fromCart: !query.has('buy') })
}

/** Loads what is bought at today's prices. A new token: what is placed from here on is another order than what was refused before. */
async function prepare(form) {
  replace(form.view, h('div', { class: 'two-columns' }, h('div', { class: 'stack', 'aria-busy': 'true' }, bones('block card', 3))))
  const [found, goods] = await Promise.all([shop.shop(), shop.goodsByIds(form.lines.map((line) => line.id))])
  if (!form.alive()) return
  Object.assign(form, { shop: found, bag: priced(form.lines, goods), token: orderToken() })
  form.side = h('aside', { class: 'action-bar summary' })
  form.coupons = form.bag.ready ? couponChoice(form.bag, () => drawSummary(form)) : null
  draw(form.view, form)
}

/** One good with "buy now", otherwise the whole bag. */
function linesToBuy(query) {
  const id = query.get('buy')
  if (!id) return cart.lines()
  const quantity = Number(query.get('quantity'))
  return [{ id, quantity: Number.isInteger(quantity) && quantity > 0 ? Math.min(quantity, mostOfOne) : 1 }]
}

function draw(view, form) {
  const texts = t().confirm
  replace(view, h('div', { class: 'two-columns' },
    h('div', { class: 'stack' },
      h('section', { class: 'card place' }, h('span', { class: 'place-icon' }, icon('pin', 22)), h('div', {}, h('small', {}, texts.pickupAt), h('strong', {}, say(form.shop.name)), h('p', {}, say(form.shop.address)))),
      h('section', { class: 'card' }, h('h2', {}, texts.when), pickupButtons(form),
        isOpen(form.shop, new Date()) ? null : h('p', { class: 'closed-note' }, fill(texts.closedNote, form.shop))),
      h('section', { class: 'card' }, h('h2', {}, texts.goods), form.bag.rows.map(goodsLine)),
      form.coupons ? form.coupons.section : null,
      h('section', { class: 'card' }, h('h2', {}, h('label', { for: 'remark' }, texts.remark)), remarkField(form))),
    form.side))
  drawSummary(form)
}

function pickupButtons(form) {
  const group = h('div', { class: 'choices', role: 'radiogroup', 'aria-label': t().confirm.when })
  const drawChoices = () => replace(group, pickupChoices.map((minutes) => h('button', {
    class: 'choice', role: 'radio', 'aria-checked': form.pickupMinutes === minutes ? 'true' : 'false', onclick: () => { form.pickupMinutes = minutes; drawChoices() },
  }, pickupLabel(minutes, t()))))
  drawChoices()
  return group
}

function goodsLine({ id, good, quantity, amount }) {
  if (!good) return h('div', { class: 'line warning' }, `${id} · ${t().cart.gone}`)
  return h('div', { class: 'line' }, h('span', { class: 'line-picture' }, picture(good.picture)), h('span', { class: 'line-name' }, say(good.name), h('small', {}, say(good.size))), h('span', { class: 'times' }, `× ${quantity}`), price(amount))
}

function remarkField(form) {
  const field = h('textarea', { id: 'remark', rows: 2, maxlength: 100, placeholder: t().confirm.remarkHint })
  field.value = form.remark
  field.addEventListener('input', () => { form.remark = field.value })
  return field
}

function drawSummary(form) {
  const texts = t().confirm
  const ready = form.bag.ready && !(form.coupons && form.coupons.busy())
  const { discount, payable } = form.coupons ? form.coupons.combination() : { discount: 0, payable: form.bag.total }
  const submit = h('button', { class: 'button', disabled: !ready, onclick: () => place(form, submit) }, texts.submit)
  const off = discount > 0 ? h('div', { class: 'off' }, h('span', {}, texts.couponsOff), h('span', {}, `−¥${yuan(discount)}`)) : null
  const pieces = form.bag.ready ? fill(t().cart.pieces, { count: form.bag.count }) : t().cart.fix
  replace(form.side,
    h('div', { class: 'summary-lines' }, h('div', {}, h('span', {}, texts.subtotal), price(form.bag.total)), off, h('div', {}, h('span', {}, texts.packing), h('span', {}, texts.free))),
    h('div', { class: 'summary-total' }, h('span', {}, texts.total), price(payable, 'large'), h('small', {}, discount > 0 ? `${pieces} · ${texts.couponsOff} −¥${yuan(discount)}` : pieces)),
    submit,
    h('p', { class: 'fine' }, texts.priceNote))
}

async function place(form, button) {
  const texts = t().confirm
  button.disabled = true
  button.textContent = texts.submitting
  const items = form.bag.rows.map(({ id, quantity }) => ({ id, quantity }))
  const { payable } = form.coupons.combination()
  try {
    const { order } = await shop.createOrder({ items, coupons: form.coupons.ids(), expected: payable, token: form.token, pickupMinutes: form.pickupMinutes, remark: form.remark })
    if (form.fromCart) cart.remove(items.map((item) => item.id))
    go(`orders/${order._id}`, { instead: true })
  } catch (error) {
    toastError(error)
    // Another price, or a coupon that is gone: the page is made anew with what is true now.
    if (/^(PRICE_CHANGED$|COUPON_)/.test(errorCode(error)) && form.alive()) await prepare(form)
    button.disabled = false
    button.textContent = texts.submit
  }
}
