// Coupons in words: what one is worth, for what, until when, and why one cannot be used. Pure: texts are the catalogue's `coupon` part.
const { fill, inLanguage } = require('./language')
const { yuan } = require('./money')
const { dateText, timeText } = require('./order-view')

const dayMilliseconds = 86400000

/** The large text of a card and the small one beside it: ['¥5', ''], ['8', '折'], ['20%', 'off']. */
function worth(value, texts) {
  switch (value.type) {
    case 'amount': return [`¥${yuan(value.amount)}`, '']
    // 20 % off are 8 折 in Chinese: tenths of what is left to pay.
    case 'discount': return [fill(texts.discount, { number: texts.discountIn === 'tenths' ? Number(((100 - value.percentOff) / 10).toFixed(3)) : value.percentOff }), texts.discountUnit]
    case 'specialPrice': return [`¥${yuan(value.price)}`, texts.each]
    case 'exchange': return [texts.exchange, '']
    case 'gift': return [texts.gift, '']
    case 'storedValue': return [`¥${yuan(value.amount)}`, texts.storedValue]
    default: return [texts.other, '']
  }
}

/** From what sum on, and up to what: "满 ¥30 可用 · 最高减 ¥10". */
function condition({ value, minimumSpend = 0, balance }, texts) {
  const parts = minimumSpend > 0 ? [fill(texts.from, { amount: yuan(minimumSpend) })] : []
  if (value.type === 'discount' && value.ceiling) parts.push(fill(texts.upTo, { amount: yuan(value.ceiling) }))
  if ((value.type === 'specialPrice' || value.type === 'exchange') && value.quantity > 1) parts.push(fill(texts.pieces, { count: value.quantity }))
  if (value.type === 'gift') parts.push(value.name)
  if (balance !== undefined) parts.push(fill(texts.balance, { amount: yuan(balance) }))
  return parts.join(' · ') || texts.noMinimum
}

/** For which goods: names of goods and categories as the shop has them, or that it is for everything. */
function scopeText(scope, names, texts) {
  const list = (ids, known) => (ids || []).map((id) => known[id] || id).join(texts.comma)
  const { goods = [], categories = [], excludedGoods = [], excludedCategories = [] } = scope || {}
  const only = [list(categories, names.categories), list(goods, names.goods)].filter((each) => each !== '').join(texts.comma)
  const without = [list(excludedCategories, names.categories), list(excludedGoods, names.goods)].filter((each) => each !== '').join(texts.comma)
  const text = only === '' ? texts.everything : fill(texts.only, { what: only })
  return without === '' ? text : text + fill(texts.without, { what: without })
}

/** On which days and hours, if not always: "周一、周二 · 14:00–17:00". */
function hoursText(useTimes, texts) {
  if (!useTimes) return ''
  const { weekdays = [], hours = [], excludedDates = [] } = useTimes
  const parts = []
  if (weekdays.length > 0) parts.push(weekdays.map((day) => texts.weekdays[day - 1]).join(texts.comma))
  if (hours.length > 0) parts.push(hours.map(({ from, until }) => `${from}–${until}`).join(texts.comma))
  if (excludedDates.length > 0) parts.push(fill(texts.notOn, { dates: excludedDates.join(texts.comma) }))
  return parts.join(' · ')
}

/** How long one that is claimed today can be used. */
function validityText(validity, texts) {
  if (validity.days === undefined) return fill(texts.validBetween, { from: momentText(validity.from), until: endText(validity.until) })
  return fill(validity.afterDays > 0 ? texts.validLater : texts.validDays, { days: validity.days, after: validity.afterDays })
}

/** Until when a claimed one can be used, and how close that is: what ends within a day says so. */
function untilText({ from, until }, now, texts) {
  if (from > now) return fill(texts.validFrom, { from: momentText(from), until: endText(until) })
  if (until <= now) return fill(texts.expiredOn, { until: endText(until) })
  if (until - now <= dayMilliseconds) return fill(texts.lastDay, { until: endText(until) })
  return fill(texts.validUntil, { until: endText(until), days: Math.floor((until - now) / dayMilliseconds) })
}

function momentText(moment) {
  const text = timeText(moment)
  return text.endsWith(' 00:00') ? text.slice(0, -6) : text
}

/** The end of a day is that day, not the next one's midnight. */
function endText(moment) {
  return timeText(moment).endsWith(' 00:00') ? dateText(moment - 1) : timeText(moment)
}

/** Why a coupon is not used for a basket. `translate` says names of coupons in the customer's language. */
function obstacleText({ code, missing, most, with: others = [] }, texts, translate = (text) => text) {
  const known = texts.obstacles[code] || texts.obstacles.other
  return fill(known, { amount: yuan(missing || 0), count: most || 0, names: others.map((name) => `“${translate(name)}”`).join(texts.comma) })
}

/** In which of the three lists of "my coupons" one stands. */
function listOf({ status }) {
  if (status === 'held' || status === 'locked') return 'usable'
  return status === 'redeemed' ? 'used' : 'expired'
}

/** What a button of an offered batch can do: claim, wait for a moment, or nothing more. */
function stateOf(offer, now) {
  const most = (offer.limits && offer.limits.perUser) || Infinity
  if (offer.mine >= most) return 'claimed'
  // What opens while the page stands there needs no further question to be open.
  if (offer.status === 'soon') return now < offer.opensAt ? 'soon' : 'open'
  if (offer.status === 'open' && now >= offer.closesAt) return 'closed'
  return offer.status
}

/** What a claim must bring and this page was not opened with: 'code', 'link', 'invitation', or ''. */
function missingProof({ needs = '' }, brought) {
  return needs !== '' && !brought[needs] ? needs : ''
}

/** What the address of the page brings to a claim: members that are there. */
function broughtBy(values) {
  const brought = {}
  for (const name of ['code', 'link', 'channel', 'invitation']) if (values[name]) brought[name] = values[name]
  return brought
}

/** What can be claimed, now or soon, before what cannot; otherwise as the shop has them, the newest first. */
function inOrder(offers) {
  const isFirst = (offer) => ['open', 'soon'].indexOf(stateOf(offer, offer.now)) !== -1
  return offers.filter(isFirst).concat(offers.filter((offer) => !isFirst(offer)))
}

/** How much of a batch is taken, in whole percent; all of it only when nothing is left. */
function takenPercent({ stock, left }) {
  if (stock === 0 || left <= 0) return 100
  return Math.min(99, Math.floor(100 * (stock - left) / stock))
}

/** Says texts that a batch has in one language only (its name, its description) in the customer's. */
function translator(documents, language) {
  const byText = {}
  documents.forEach((each) => { byText[each.zh] = each })
  return (text) => (byText[text] ? inLanguage(byText[text], language) : text)
}

module.exports = { worth, condition, scopeText, hoursText, validityText, untilText, obstacleText, inOrder, listOf, missingProof, broughtBy, stateOf, takenPercent, translator }
