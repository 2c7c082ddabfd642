// The coupons of an order that is about to be placed: the best combination, what each takes off and why others do not, and the customer's own choice.
const { couponWords } = require('../../common/coupons')
const { shop, texts } = require('../../common/state')
const { say } = require('../../common/views')
const { basketOf, candidates, changed, idsOf, sharesOf, without } = require('../../shared/coupon-choice')
const { listOf, obstacleText } = require('../../shared/coupon-view')
const { fill } = require('../../shared/language')
const { yuan } = require('../../shared/money')

/** Asks what is best for a bag (cart.js); answers {bag, best, list, words, combination, mode}. */
async function loadChoice(bag) {
  const [best, { coupons, now }] = await Promise.all([shop.bestCoupons(basketOf(bag.rows)), shop.myCoupons()])
  const usable = coupons.filter((coupon) => listOf(coupon) === 'usable')
  const words = await couponWords(usable)
  return { bag, best, words, list: candidates(best, usable, now), combination: best, mode: best.applied.length > 0 ? 'best' : 'none' }
}

/** Before anything is known, and where it could not be loaded: without coupons. */
function noChoice(bag) {
  return { bag, best: without(bag.total), words: null, list: [], combination: without(bag.total), mode: 'none' }
}

function withBest(choice) {
  return Object.assign({}, choice, { combination: choice.best, mode: 'best' })
}

function withNone(choice) {
  return Object.assign({}, choice, { combination: without(choice.bag.total), mode: 'none' })
}

/** After a tap on one coupon. */
async function withChange(choice, id) {
  const price = (coupons) => shop.priceCoupons(basketOf(choice.bag.rows), coupons)
  const combination = await changed({ chosen: idsOf(choice.combination), id, price, total: choice.bag.total })
  return Object.assign({}, choice, { combination, mode: combination.applied.length > 0 ? 'own' : 'none' })
}

/** As the page shows it. */
function choiceView(choice) {
  const t = texts().confirm
  const { combination, list, mode, best } = choice
  const chosen = idsOf(combination)
  const rows = list.map((each) => rowView(choice, each))
  return {
    any: list.length > 0,
    mode: mode === 'best' ? t.couponsBest : chosen.length === 0 ? t.couponsNone : fill(t.couponsChosen, { count: chosen.length }),
    possible: rows.filter((row) => row.possible),
    impossible: rows.filter((row) => !row.possible),
    gifts: combination.gifts.map((gift) => fill(t.gift, { name: gift.name })),
    canBest: mode !== 'best' && best.applied.length > 0,
    canNone: chosen.length > 0,
    discount: combination.discount > 0 ? yuan(combination.discount) : '',
  }
}

function rowView({ bag, combination, words }, each) {
  const applied = combination.applied.find(({ coupon }) => coupon === each.id)
  const shares = applied ? sharesOf(applied, bag.rows).map(({ good, discount }) => `${say(good.name)} −¥${yuan(discount)}`).join(' · ') : ''
  const why = each.code ? obstacleText(each, texts().coupon, words.translate) : ''
  return { id: each.id, possible: each.possible, chosen: applied !== undefined, name: words.translate(each.name), note: shares || why, off: applied && applied.discount > 0 ? yuan(applied.discount) : '' }
}

module.exports = { loadChoice, noChoice, withBest, withNone, withChange, choiceView }
