// Small parts that several pages use.
import { mostOfOne } from '../shared/cart.js'
import { errorText } from '../shared/error-text.js'
import { yuan } from '../shared/money.js'
import { h, icon } from './dom.js'
import { cart, currentLanguage, fill, say, t } from './state.js'

export function price(fen, size = '') {
  return h('span', { class: `price ${size}` }, h('i', {}, t().common.yuan), yuan(fen))
}

export function picture(path, alt = '') {
  return h('img', { class: 'picture', src: path, alt, loading: 'lazy', width: 480, height: 480 })
}

/** A state without content: nothing yet, nothing found, not there. */
export function message({ picture: name, title, hint, action }) {
  return h('div', { class: 'message' },
    h('img', { src: `images/${name}.svg`, alt: '', width: 200, height: 166 }),
    h('h2', {}, title),
    h('p', {}, hint),
    action ? h('a', { class: 'button quiet', href: action.href, onclick: action.onclick }, action.text) : null)
}

export function failure(retry) {
  const { failed, failedHint, retry: again } = t().common
  return h('div', { class: 'message', role: 'alert' },
    h('img', { src: 'images/offline.svg', alt: '', width: 200, height: 166 }),
    h('h2', {}, failed),
    h('p', {}, failedHint),
    h('button', { class: 'button quiet', onclick: retry }, again))
}

export function stepper({ quantity, most = mostOfOne, least = 1, onchange, name = '' }) {
  const texts = t().cart
  const limit = Math.min(most, mostOfOne)
  const step = (next) => h('button', {
    class: 'step', disabled: next < least || next > limit, 'aria-label': `${next > quantity ? texts.more : texts.fewer} ${name}`, onclick: () => onchange(next),
  }, icon(next > quantity ? 'plus' : 'minus', 18))
  return h('div', { class: 'stepper' }, step(quantity - 1), h('output', {}, String(quantity)), step(quantity + 1))
}

export function tag(key) {
  const text = t().tags[key]
  return text ? h('span', { class: 'tag' }, text) : null
}

/** A good in a grid: the whole card opens it, the round button puts one into the bag. */
export function goodsCard(good) {
  const texts = t().goods
  const soldOut = good.stock <= 0
  return h('article', { class: `goods-card${soldOut ? ' sold-out' : ''}` },
    h('a', { class: 'goods-picture', href: `#/goods/${encodeURIComponent(good._id)}`, tabindex: -1, 'aria-hidden': 'true' }, picture(good.picture),
      soldOut ? h('span', { class: 'veil' }, texts.soldOut) : tag(good.tags[0])),
    h('div', { class: 'goods-text' },
      h('h3', {}, h('a', { href: `#/goods/${encodeURIComponent(good._id)}` }, say(good.name))),
      h('p', {}, say(good.note)),
      h('div', { class: 'goods-foot' }, price(good.price), soldOut ? null : addButton(good))))
}

function addButton(good) {
  return h('button', {
    class: 'round-add', 'aria-label': fill(t().goods.addOne, { name: say(good.name) }), onclick: (event) => {
      if (addToCart(good, 1)) pop(event.currentTarget)
    },
  }, icon('plus', 18))
}

/** Puts goods into the bag unless that is more than there is; says what happened. */
export function addToCart(good, quantity) {
  const line = cart.lines().find((each) => each.id === good._id)
  const most = Math.min(good.stock, mostOfOne)
  if ((line ? line.quantity : 0) + quantity > most) {
    toast(fill(t().goods.limit, { count: most }))
    return false
  }
  cart.add(good._id, quantity)
  toast(t().goods.added)
  return true
}

function pop(element) {
  element.classList.remove('pop')
  void element.offsetWidth // restarts the animation
  element.classList.add('pop')
}

let hiding

export function toast(text) {
  const element = document.getElementById('toast')
  element.textContent = text
  element.classList.add('shown')
  clearTimeout(hiding)
  hiding = setTimeout(() => element.classList.remove('shown'), 2200)
}

export function toastError(error) {
  console.warn('refused:', error)
  toast(errorText(error, currentLanguage()))
}

/** Asks before something that cannot be undone; answers true or false. */
export function ask({ title, hint, yes, no }) {
  return new Promise((resolve) => {
    const dialog = h('dialog', { class: 'sheet', onclose: () => { dialog.remove(); resolve(dialog.returnValue === 'yes') } },
      h('form', { method: 'dialog' }, h('h2', {}, title), h('p', {}, hint),
        h('div', { class: 'sheet-actions' }, h('button', { class: 'button quiet', value: 'no' }, no), h('button', { class: 'button', value: 'yes' }, yes))))
    document.body.append(dialog)
    dialog.showModal()
  })
}

export function bone(kind) {
  return h('div', { class: `bone ${kind}`, 'aria-hidden': 'true' })
}

export function bones(kind, count) {
  return Array.from({ length: count }, () => bone(kind))
}

/** A card of placeholders that has the shape of a goods card. */
export function goodsBones(count) {
  return Array.from({ length: count }, () => h('div', { class: 'goods-card' }, bone('square'), h('div', { class: 'goods-text' }, bone('line'), bone('line short'), bone('line price-line'))))
}

export function infoRow(label, value) {
  return h('div', { class: 'info-row' }, h('dt', {}, label), h('dd', {}, value))
}
