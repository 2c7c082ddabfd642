// Placing an order: prices goods and coupons, takes the stock and adds the order in one transaction, then locks the coupons for it.
const crypto = require('crypto')
const cloud = require('wx-server-sdk')
const { checkedCoupons, firstState, priceCoupons } = require('./order-coupons')
const { findOrder, presented } = require('./read-orders')
const { Refusal } = require('./refusal')
const { settleCoupons } = require('./settle-coupons')

const db = cloud.database()
const _ = db.command

const mostKinds = 30
const mostOfOne = 20
const mostRemark = 100
const pickupChoices = [15, 30, 60, 120]
const chinaOffset = 8 * 3600 * 1000

/**
 * `items` is [{id, quantity}], `coupons` the ids of the customer's coupons that they want to use, `token` makes the call repeatable: the same
 * customer and token never get a second order. Prices and discounts are not taken from the caller; `expected`, what the page has shown as the
 * sum, is only compared, so that nobody pays what they have not seen.
 */
async function createOrder(openid, { items, coupons, token, expected, pickupMinutes = pickupChoices[0], remark = '' }) {
  const wanted = checkedItems(items)
  const chosen = checkedCoupons(coupons)
  if (typeof token !== 'string' || !/^[\w-]{8,64}$/.test(token)) throw new Refusal('INVALID_INPUT', 'token must be 8 to 64 letters, digits, "-" or "_"')
  if (!pickupChoices.includes(pickupMinutes)) throw new Refusal('INVALID_INPUT', `pickupMinutes must be one of ${pickupChoices.join(', ')}`)
  if (typeof remark !== 'string' || remark.length > mostRemark) throw new Refusal('INVALID_INPUT', `remark must be a text of at most ${mostRemark} characters`)

  const id = crypto.createHash('sha256').update(`${openid}:${token}`).digest('hex').slice(0, 32)
  const earlier = await findOrder(openid, id)
  if (earlier) {
    console.log(`order create: ${earlier.no} was already placed with this token`)
    return answer(await settleCoupons(earlier), true)
  }
  const lines = await linesOf(wanted)
  const reduced = await priceCoupons(openid, chosen, lines)
  requireExpected(expected, sumOf(lines) - reduced.discount)
  const order = await place({ id, openid, lines, reduced, pickupMinutes, remark: remark.trim() })
  return answer(await settleCoupons(order), false)
}

/** An order that the shop had to end, because its coupons could not be locked, is no order: whoever asks again hears why again. */
function answer(order, repeated) {
  if (order.refusal) throw new Refusal(order.refusal.code, order.refusal.message, order.refusal.details)
  return { order: presented(order), repeated }
}

async function place(request) {
  try {
    const order = await db.runTransaction((transaction) => takeStockAndAdd(transaction, request))
    console.log(`order create: ${order.no}, ${order.items.length} kinds, ${order.total} fen, ${order.coupons.length} coupons, from ${request.openid}`)
    return order
  } catch (error) {
    if (error instanceof Refusal) throw error
    // A second tap that ran at the same time may have won: then its order is the answer.
    const twin = await findOrder(request.openid, request.id)
    if (!twin) throw error
    console.log(`order create: ${twin.no} was placed by a simultaneous call`)
    return twin
  }
}

async function takeStockAndAdd(transaction, request) {
  for (const { id, price, quantity } of request.lines) {
    const { data: good } = await transaction.collection('goods').doc(id).get()
    if (good.stock < quantity) {
      throw new Refusal('OUT_OF_STOCK', `${id}: ${quantity} wanted, ${good.stock} left`, { id, name: good.name, left: good.stock })
    }
    if (good.price !== price) throw new Refusal('PRICE_CHANGED', `${id}: ${price} a moment ago, ${good.price} now`, { id })
    await transaction.collection('goods').doc(id).update({ data: { stock: _.inc(-quantity) } })
  }
  const order = orderOf(request, new Date())
  await transaction.collection('orders').add({ data: order })
  return order
}

function orderOf({ id, openid, lines, reduced, pickupMinutes, remark }, now) {
  const subtotal = sumOf(lines)
  return {
    _id: id,
    _openid: openid,
    no: orderNumber(now, id),
    status: 'unpaid',
    // Each line knows its share of the discount: when one is returned later, that share of the coupon is known.
    items: lines.map((line, place) => ({ ...line, discount: reduced.lineDiscounts[place] })),
    subtotal,
    discount: reduced.discount,
    total: subtotal - reduced.discount,
    coupons: reduced.coupons,
    gifts: reduced.gifts,
    couponState: firstState(reduced.coupons),
    remark,
    pickupAt: new Date(now.getTime() + pickupMinutes * 60000),
    createdAt: now,
  }
}

function sumOf(lines) {
  return lines.reduce((sum, line) => sum + line.amount, 0)
}

function requireExpected(expected, total) {
  if (expected === undefined || expected === total) return
  throw new Refusal('PRICE_CHANGED', `${expected} was shown, ${total} is the sum`, { total })
}

/** The wanted goods, each once and in a fixed order, so that two orders never wait for each other in a circle. */
function checkedItems(items) {
  if (!Array.isArray(items) || items.length === 0) throw new Refusal('INVALID_INPUT', 'items must be a list with at least one {id, quantity}')
  if (items.length > mostKinds) throw new Refusal('INVALID_INPUT', `items must have at most ${mostKinds} kinds`)
  const quantities = new Map()
  for (const item of items) {
    const { id, quantity } = item || {}
    if (typeof id !== 'string' || id === '') throw new Refusal('INVALID_INPUT', 'every item needs the id of a good')
    if (!Number.isInteger(quantity) || quantity < 1) throw new Refusal('INVALID_INPUT', `${id}: quantity must be a whole number from 1`)
    quantities.set(id, (quantities.get(id) || 0) + quantity)
  }
  for (const [id, quantity] of quantities) {
    if (quantity > mostOfOne) throw new Refusal('INVALID_INPUT', `${id}: at most ${mostOfOne} in one order`)
  }
  return [...quantities].sort(([left], [right]) => (left < right ? -1 : 1)).map(([id, quantity]) => ({ id, quantity }))
}

/** The wanted goods as lines of the order, in the same order of goods. */
async function linesOf(wanted) {
  const ids = wanted.map((item) => item.id)
  const { data } = await db.collection('goods').where({ _id: _.in(ids), onSale: true }).limit(mostKinds).get()
  const goods = new Map(data.map((good) => [good._id, good]))
  const missing = ids.filter((id) => !goods.has(id))
  if (missing.length > 0) throw new Refusal('GOODS_NOT_FOUND', `not on sale: ${missing.join(', ')}`, { ids: missing })
  return wanted.map(({ id, quantity }) => {
    const { name, picture, category, price } = goods.get(id)
    return { id, name, picture, category, price, quantity, amount: price * quantity }
  })
}

/** Day in China and six signs of the id: short enough to read out at the counter. */
function orderNumber(now, id) {
  const day = new Date(now.getTime() + chinaOffset).toISOString().slice(0, 10).replace(/-/g, '')
  return `${day}${id.slice(0, 6).toUpperCase()}`
}

module.exports = { createOrder }
