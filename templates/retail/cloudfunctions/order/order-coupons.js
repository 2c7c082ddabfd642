// The order's coupons: what they take off, and the steps that they take with the order.
//
// The order is always written first, with what is to be done (`couponState`), and the coupons follow. Whoever comes next (a repeat of the
// call, somebody who opens the order, the timer) reads what is left to do and does it: nothing is lost between any two steps, and nothing is
// done twice.
//
//   locking → locked → redeeming → redeemed → refunding → refunded
//      └────────┴→ releasing → released
const cloud = require('wx-server-sdk')
const { Refusal } = require('./refusal')

const db = cloud.database()

const mostCoupons = 10
/** How long an order that nobody has paid yet keeps its coupons; tidy-orders.js ends it then. */
const lockSeconds = 900
/** From the moment on that somebody pays: longer than any payment takes, and than a call is repeated. */
const paySeconds = 3600

/** What chosen coupons take off lines of goods, by the prices of the database. The page's own numbers are not asked for. */
async function priceCoupons(openid, coupons, lines) {
  if (coupons.length === 0) return { coupons: [], gifts: [], discount: 0, lineDiscounts: lines.map(() => 0) }
  const basket = { lines: lines.map(({ id, category, price, quantity }) => ({ goods: id, category, price, quantity })) }
  const combination = await refusable(() => cloud.coupons.price({ basket, coupons, user: openid }))
  return {
    coupons: combination.applied.map(({ coupon, name, discount, lineDiscounts }) => ({ id: coupon, name, discount, lineDiscounts })),
    gifts: combination.gifts,
    discount: combination.discount,
    lineDiscounts: combination.lineDiscounts,
  }
}

function checkedCoupons(coupons = []) {
  if (!Array.isArray(coupons) || coupons.length > mostCoupons) throw new Refusal('INVALID_INPUT', `coupons must be a list of at most ${mostCoupons} ids`)
  if (!coupons.every((id) => typeof id === 'string' && /^cpn-\w{13}$/.test(id))) throw new Refusal('INVALID_INPUT', 'every coupon must be the id of one')
  if (new Set(coupons).size !== coupons.length) throw new Refusal('INVALID_INPUT', 'every coupon can be named once')
  return coupons
}

/** What is to be done for the coupons of an order that has just been written. */
function firstState(coupons) {
  return coupons.length === 0 ? 'none' : 'locking'
}

/** Keeps the coupons for the order. Nothing needs to be numbered: whoever has a lock may take it again, and it holds longer. */
function lockCoupons(order, seconds = lockSeconds) {
  return refusable(() => cloud.coupons.lock({ coupons: idsOf(order), order: order._id, seconds }))
}

/** Uses the coupons up, each for what it took off. The number is made of the order: the same again does nothing more. */
function redeemCoupons(order) {
  const amounts = order.coupons.map((coupon) => coupon.discount)
  return refusable(() => cloud.coupons.redeem({ coupons: idsOf(order), order: order._id, amounts, outBizNo: `redeem-${order._id}` }))
}

/** Takes the uses back; answers what has become of each: `held` can be used again. */
function refundCoupons(order) {
  return refusable(() => cloud.coupons.refund({ coupons: idsOf(order), order: order._id, outBizNo: `refund-${order._id}` }))
}

/** Gives back one by one: a coupon that the order no longer has must not keep the others. */
async function releaseCoupons(order) {
  for (const coupon of idsOf(order)) {
    try {
      await refusable(() => cloud.coupons.release({ coupons: [coupon], order: order._id }))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      console.log(`order ${order.no}: ${coupon} was not to be released, ${error.code}`)
    }
  }
}

function idsOf(order) {
  return order.coupons.map((coupon) => coupon.id)
}

/** Writes that a step was taken, unless somebody else has written it: then theirs counts. */
async function noteState(order, from, to, more = {}) {
  await db.collection('orders').where({ _id: order._id, couponState: from }).update({ data: { couponState: to, ...more } })
}

/** Refusals of the ledger (a coupon is used, sold out, not for this) are told; what may work later fails the call, and is done by its repeat. */
async function refusable(call) {
  try {
    return await call()
  } catch (error) {
    const { code, status, problem } = error.problem || {}
    if (!(status >= 400 && status < 500) || status === 429) throw error
    const { coupon, obstacle, missing } = problem || {}
    throw new Refusal(code, error.message, { coupon, obstacle, missing })
  }
}

module.exports = { checkedCoupons, firstState, lockCoupons, lockSeconds, noteState, paySeconds, priceCoupons, redeemCoupons, refundCoupons, releaseCoupons }
