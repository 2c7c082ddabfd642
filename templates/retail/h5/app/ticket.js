// A coupon as a ticket: what it is worth on the stub, what it is for beside it, what can be done with it at its foot.
import { condition, hoursText, worth } from '../shared/coupon-view.js'
import { h } from './dom.js'
import { t } from './state.js'

/** `validity` is the sentence of its time, `foot` what stands below: a button, a countdown, a word. */
export function ticket({ coupon, words, validity, state = '', foot = [], note = '' }) {
  const texts = t().coupon
  const [large, small] = worth(coupon.value, texts)
  const hours = hoursText(coupon.useTimes, texts)
  return h('article', { class: `ticket ${state}` },
    h('div', { class: 'stub' }, h('strong', { class: large.length > 4 ? 'long' : '' }, large, small ? h('i', {}, small) : null), h('span', {}, condition(coupon, texts))),
    h('div', { class: 'ticket-text' },
      h('h3', {}, words.translate(coupon.name)),
      note ? h('p', {}, note) : null,
      h('dl', {}, fact(texts.scopeLine, words.where(coupon)), fact(texts.validLine, validity), hours ? fact(texts.hoursLine, hours) : null, coupon.code ? fact(texts.codeLine, coupon.code) : null),
      h('div', { class: 'ticket-foot' }, foot)))
}

function fact(label, value) {
  return h('div', {}, h('dt', {}, label), h('dd', {}, value))
}
