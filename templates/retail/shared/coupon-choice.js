// Which coupons go with an order: the best for the basket, others that the customer chooses, or none. Pure; what a set takes off is the server's to say.
const { errorCode } = require('./error-text')

/** The basket of priced rows (cart.js) as coupons are asked about it. */
function basketOf(rows) {
  return { lines: rows.filter((row) => row.good).map(({ id, good, quantity }) => ({ goods: id, category: good.category, price: good.price, quantity })) }
}

/** Obstacles that stay whatever else is chosen; the others depend on the set, and may be tried. */
const fixed = ['shop', 'channel', 'level', 'scope', 'spend', 'nothingToReduce', 'frozen', 'later', 'hours', 'locked']

/**
 * All coupons of the customer for this basket: [{id, name, code, missing, possible}]. `best` is the answer of `coupons.best`, `mine` the coupons
 * that are held or locked: what could not even be looked at now (not yet valid, not at this hour, kept for another order) is in neither list of `best`.
 */
function candidates(best, mine, now) {
  const looked = best.applied.map(({ coupon, name }) => ({ id: coupon, name, code: '', possible: true }))
    .concat(best.unused.map((each) => Object.assign({}, each, { id: each.coupon, possible: fixed.indexOf(each.code) === -1 })))
  const known = looked.map((each) => each.id)
  const others = mine.filter((coupon) => known.indexOf(coupon.id) === -1).map((coupon) => ({ id: coupon.id, name: coupon.name, code: reasonOf(coupon, now), possible: false }))
  return looked.concat(others)
}

function reasonOf(coupon, now) {
  if (coupon.frozen) return 'frozen'
  if (coupon.status === 'locked') return 'locked'
  return coupon.from > now ? 'later' : 'hours'
}

/**
 * The combination after the customer has tapped a coupon: the set with one more, or without it. One that does not go together with the others takes
 * their place, since it is what the customer wants. `price(ids)` asks the server.
 */
async function changed({ chosen, id, price, total }) {
  const isAdded = chosen.indexOf(id) === -1
  const wanted = isAdded ? chosen.concat([id]) : chosen.filter((each) => each !== id)
  if (wanted.length === 0) return without(total)
  try {
    return await price(wanted)
  } catch (error) {
    if (!isAdded || chosen.length === 0 || errorCode(error) !== 'COUPON_NOT_APPLICABLE') throw error
    return price([id])
  }
}

function idsOf(combination) {
  return combination.applied.map((each) => each.coupon)
}

/** What a basket comes to without coupons, in the form of an answer. */
function without(total) {
  return { total, discount: 0, payable: total, lineDiscounts: [], applied: [], gifts: [], unused: [] }
}

/** What one coupon takes off, line by line: [{name, discount}] of the goods that it makes cheaper. `rows` are those that the basket was made of. */
function sharesOf(applied, rows) {
  const sold = rows.filter((row) => row.good)
  return applied.lineDiscounts.map((discount, place) => ({ good: sold[place].good, discount })).filter((share) => share.discount > 0)
}

module.exports = { basketOf, candidates, changed, idsOf, without, sharesOf }
