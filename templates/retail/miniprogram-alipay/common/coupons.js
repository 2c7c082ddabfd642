// Coupons as the pages show them: in one language, with the names of what they are for.
const { condition, hoursText, scopeText, translator, worth } = require('../shared/coupon-view')
const { inLanguage } = require('../shared/language')
const { language, shop, texts } = require('./state')

const mostGoods = 100

/** Loads what coupons (or offers) name; answers how to say their texts and where they can be used. */
async function couponWords(coupons) {
  const ids = {}
  coupons.forEach(({ scope = {} }) => (scope.goods || []).concat(scope.excludedGoods || []).forEach((id) => { ids[id] = true }))
  const [categories, documents, goods] = await Promise.all([shop.categories(), shop.couponTexts(), shop.goodsByIds(Object.keys(ids).slice(0, mostGoods))])
  return {
    translate: translator(documents, language()),
    where: ({ scope }) => scopeText(scope, { categories: named(categories), goods: named(goods) }, texts().coupon),
  }
}

function named(documents) {
  const names = {}
  documents.forEach((each) => { names[each._id] = inLanguage(each.name, language()) })
  return names
}

/** A ticket (coupon-card.wxml): `state` gives its look, `validity` the sentence of its time. */
function ticketView(coupon, words, { state, validity, note = '' }) {
  const t = texts().coupon
  const [large, small] = worth(coupon.value, t)
  return {
    id: coupon.id, state, large, small, note, validity, long: large.length > 4, condition: condition(coupon, t), name: words.translate(coupon.name), where: words.where(coupon),
    hours: hoursText(coupon.useTimes, t), code: coupon.code || '',
  }
}

module.exports = { couponWords, ticketView }
