// The coupons of an order that is about to be placed: the best combination, what each takes off and why others do not, and the customer's own choice.
import { couponWords } from '../app/coupon-words.js'
import { h, icon, replace } from '../app/dom.js'
import { shop } from '../app/platform.js'
import { fill, say, t } from '../app/state.js'
import { bone, toastError } from '../app/widgets.js'
import { basketOf, candidates, changed, idsOf, sharesOf, without } from '../shared/coupon-choice.js'
import { listOf, obstacleText } from '../shared/coupon-view.js'
import { yuan } from '../shared/money.js'

/** `onchange` is called when the sum has changed. */
export function couponChoice(bag, onchange) {
  const choice = { bag, onchange, section: h('section', { class: 'card choose-coupons' }), combination: without(bag.total), best: null, list: [], mode: 'none', busy: false }
  load(choice)
  return {
    section: choice.section,
    combination: () => choice.combination,
    ids: () => idsOf(choice.combination),
    // While a sum is being counted, the one on the screen is not what would be ordered.
    busy: () => choice.busy,
  }
}

async function load(choice) {
  const title = h('h2', {}, t().confirm.coupons)
  replace(choice.section, title, bone('line'), bone('line short'))
  setBusy(choice, true)
  try {
    const [best, { coupons, now }] = await Promise.all([shop.bestCoupons(basketOf(choice.bag.rows)), shop.myCoupons()])
    const usable = coupons.filter((coupon) => listOf(coupon) === 'usable')
    choice.words = await couponWords(usable)
    choice.list = candidates(best, usable, now)
    choice.best = best
    take(choice, best, best.applied.length > 0 ? 'best' : 'none')
  } catch (error) {
    console.error('the coupons could not be loaded:', error)
    replace(choice.section, title, h('button', { class: 'coupons-failed', onclick: () => load(choice) }, t().confirm.couponsFailed))
    setBusy(choice, false)
  }
}

function take(choice, combination, mode) {
  Object.assign(choice, { combination, mode })
  setBusy(choice, false)
  draw(choice)
}

function setBusy(choice, busy) {
  choice.busy = busy
  choice.section.setAttribute('aria-busy', String(busy))
  choice.onchange()
}

function draw(choice) {
  const texts = t().confirm
  const chosen = idsOf(choice.combination)
  const possible = choice.list.filter((each) => each.possible)
  const impossible = choice.list.filter((each) => !each.possible)
  const ways = []
  if (choice.mode !== 'best' && choice.best.applied.length > 0) ways.push(h('button', { class: 'way', onclick: () => take(choice, choice.best, 'best') }, texts.useBest))
  if (chosen.length > 0) ways.push(h('button', { class: 'way', onclick: () => take(choice, without(choice.bag.total), 'none') }, texts.useNone))
  replace(choice.section,
    h('h2', {}, texts.coupons, choice.list.length > 0 ? h('small', {}, modeText(choice, chosen.length)) : null),
    choice.list.length === 0 ? h('a', { class: 'no-choice', href: '#/coupons' }, h('span', {}, texts.noCoupons), h('span', {}, texts.getCoupons, icon('forward', 16))) : null,
    possible.map((each) => row(choice, each, chosen.includes(each.id))),
    choice.combination.gifts.map((gift) => h('p', { class: 'gift' }, fill(texts.gift, { name: gift.name }))),
    ways.length > 0 ? h('div', { class: 'ways' }, ways) : null,
    impossible.length > 0 ? h('details', {}, h('summary', {}, `${texts.notUsable} (${impossible.length})`), impossible.map((each) => h('div', { class: 'choose-row off' }, h('span', {}, choice.words.translate(each.name), h('small', {}, why(choice, each)))))) : null)
}

function modeText(choice, count) {
  const texts = t().confirm
  if (choice.mode === 'best') return texts.couponsBest
  return count === 0 ? texts.couponsNone : fill(texts.couponsChosen, { count })
}

function row(choice, each, isChosen) {
  const applied = choice.combination.applied.find(({ coupon }) => coupon === each.id)
  const small = applied ? shares(choice, applied) : why(choice, each)
  return h('button', { class: 'choose-row', role: 'checkbox', 'aria-checked': String(isChosen), disabled: choice.busy, onclick: () => change(choice, each.id) },
    h('i', { class: 'box' }, isChosen ? icon('check', 16) : null),
    h('span', {}, choice.words.translate(each.name), small ? h('small', {}, small) : null),
    applied && applied.discount > 0 ? h('b', {}, `−¥${yuan(applied.discount)}`) : null)
}

/** Line by line: "牛角包 −¥3.20 · 贝果 −¥2.40". */
function shares(choice, applied) {
  return sharesOf(applied, choice.bag.rows).map(({ good, discount }) => `${say(good.name)} −¥${yuan(discount)}`).join(' · ')
}

/** One of the best combination has no obstacle: without it the reason is the customer's own. */
function why(choice, each) {
  return each.code ? obstacleText(each, t().coupon, choice.words.translate) : ''
}

async function change(choice, id) {
  setBusy(choice, true)
  try {
    const price = (coupons) => shop.priceCoupons(basketOf(choice.bag.rows), coupons)
    const combination = await changed({ chosen: idsOf(choice.combination), id, price, total: choice.bag.total })
    take(choice, combination, combination.applied.length > 0 ? 'own' : 'none')
  } catch (error) {
    // Not any more, or not alone either: what was chosen before stays.
    toastError(error)
    setBusy(choice, false)
    draw(choice)
  }
}
