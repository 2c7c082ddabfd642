// What coupons need to be said in words: names of goods and categories, and texts in the customer's language.
import { scopeText, translator } from '../shared/coupon-view.js'
import { shop } from './platform.js'
import { currentLanguage, say, t } from './state.js'

// Names change seldom: they are kept while the page is open.
const known = { categories: null, texts: null, goods: new Map() }

/** Loads what `coupons` (or offers) name; answers how to say their texts and where they can be used. */
export async function couponWords(coupons) {
  const missing = [...new Set(coupons.flatMap(({ scope = {} }) => [...(scope.goods || []), ...(scope.excludedGoods || [])]))].filter((id) => !known.goods.has(id))
  const [categories, texts, goods] = await Promise.all([known.categories || shop.categories(), known.texts || shop.couponTexts(), shop.goodsByIds(missing.slice(0, 100))])
  Object.assign(known, { categories, texts })
  goods.forEach((good) => known.goods.set(good._id, good))
  return {
    translate: (text) => translator(known.texts, currentLanguage())(text),
    where: ({ scope }) => scopeText(scope, { categories: named(categories), goods: named([...known.goods.values()]) }, t().coupon),
  }
}

function named(documents) {
  return Object.fromEntries(documents.map((each) => [each._id, say(each.name)]))
}
