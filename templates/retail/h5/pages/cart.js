// The bag: what is in it, whether the shop still has it, what it costs.
import { h, icon, replace } from '../app/dom.js'
import { shop } from '../app/platform.js'
import { cart, fill, say, t } from '../app/state.js'
import { bones, message, picture, price, stepper } from '../app/widgets.js'
import { priced } from '../shared/cart.js'

export async function cartPage({ view, alive }) {
  if (cart.count() === 0) {
    drawEmpty(view)
    return
  }
  replace(view, h('div', { class: 'two-columns' }, h('div', { class: 'card rows', 'aria-busy': 'true' }, bones('row-bone', Math.min(cart.lines().length, 4)))))
  const goods = await shop.goodsByIds(cart.lines().map((line) => line.id))
  if (alive()) draw(view, goods)
}

function drawEmpty(view) {
  const texts = t().cart
  replace(view, message({ picture: 'empty-bag', title: texts.empty, hint: texts.emptyHint, action: { href: '#/', text: texts.browse } }))
}

function draw(view, goods) {
  if (cart.count() === 0) {
    drawEmpty(view)
    return
  }
  const texts = t().cart
  const bag = priced(cart.lines(), goods)
  const redraw = () => draw(view, goods)
  replace(view, h('div', { class: 'two-columns' },
    h('div', { class: 'card rows' }, bag.rows.map((row) => cartRow(row, redraw))),
    h('aside', { class: 'action-bar summary' },
      h('div', { class: 'summary-total' }, h('span', {}, texts.total), price(bag.total, 'large'), h('small', {}, bag.ready ? fill(texts.pieces, { count: bag.count }) : texts.fix)),
      h('a', { class: `button${bag.ready ? '' : ' disabled'}`, href: bag.ready ? '#/confirm' : null, 'aria-disabled': bag.ready ? null : 'true' }, texts.checkout))))
}

function cartRow({ id, quantity, good, amount, problem }, redraw) {
  const texts = t().cart
  const set = (next) => { cart.set(id, next); redraw() }
  if (problem === 'gone') {
    return h('div', { class: 'row gone' }, h('div', { class: 'row-text' }, h('strong', {}, texts.gone), h('small', {}, id)), removeButton(id, () => set(0)))
  }
  return h('div', { class: 'row' },
    h('a', { class: 'row-picture', href: `#/goods/${encodeURIComponent(id)}` }, picture(good.picture, say(good.name))),
    h('div', { class: 'row-text' },
      h('div', { class: 'row-head' }, h('strong', {}, say(good.name)), removeButton(say(good.name), () => set(0))),
      problem === 'short' ? h('small', { class: 'warning' }, fill(texts.short, { count: good.stock })) : h('small', {}, say(good.size)),
      h('div', { class: 'row-foot' }, price(amount), stepper({ quantity, most: Math.max(good.stock, 1), least: 0, onchange: set, name: say(good.name) }))))
}

function removeButton(name, onclick) {
  return h('button', { class: 'row-remove', 'aria-label': `${t().cart.remove} ${name}`, onclick }, icon('close', 18))
}
