// Placing an order: takes the stock and adds the order in one transaction, at the prices of the database.
const crypto = require('crypto')
const cloud = require('wx-server-sdk')
const { findOrder, presented } = require('./read-orders')
const { Refusal } = require('./refusal')

const db = cloud.database()
const _ = db.command

const mostKinds = 30
const mostOfOne = 20
const mostRemark = 100
const pickupChoices = [15, 30, 60, 120]
const chinaOffset = 8 * 3600 * 1000

/**
 * `items` is [{id, quantity}], `token` makes the call repeatable: the same customer and token never get a second order.
 * Prices are not taken from the caller.
 */
async function createOrder(openid, { items, token, pickupMinutes = pickupChoices[0], remark = '' }) {
  const wanted = checkedItems(items)
  if (typeof token !== 'string' || !/^[\w-]{8,64}$/.test(token)) throw new Refusal('INVALID_INPUT', 'token must be 8 to 64 letters, digits, "-" or "_"')
  if (!pickupChoices.includes(pickupMinutes)) throw new Refusal('INVALID_INPUT', `pickupMinutes must be one of ${pickupChoices.join(', ')}`)
  if (typeof remark !== 'string' || remark.length > mostRemark) throw new Refusal('INVALID_INPUT', `remark must be a text of at most ${mostRemark} characters`)

  const id = crypto.createHash('sha256').update(`${openid}:${token}`).digest('hex').slice(0, 32)
  const earlier = await findOrder(openid, id)
  if (earlier) {
    console.log(`order create: ${earlier.no} was already placed with this token`)
    return { order: presented(earlier), repeated: true }
  }
  await requireOnSale(wanted)
  const order = await place({ id, openid, wanted, pickupMinutes, remark: remark.trim() })
  return { order: presented(order), repeated: false }
}

async function place(request) {
  try {
    const order = await db.runTransaction((transaction) => takeStockAndAdd(transaction, request))
    console.log(`order create: ${order.no}, ${order.items.length} kinds, ${order.total} fen, from ${request.openid}`)
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

async function takeStockAndAdd(transaction, { id, openid, wanted, pickupMinutes, remark }) {
  const items = []
  for (const { id: goodId, quantity } of wanted) {
    const { data: good } = await transaction.collection('goods').doc(goodId).get()
    if (good.stock < quantity) {
      throw new Refusal('OUT_OF_STOCK', `${goodId}: ${quantity} wanted, ${good.stock} left`, { id: goodId, name: good.name, left: good.stock })
    }
    await transaction.collection('goods').doc(goodId).update({ data: { stock: _.inc(-quantity) } })
    items.push({ id: goodId, name: good.name, picture: good.picture, price: good.price, quantity, amount: good.price * quantity })
  }
  const now = new Date()
  const order = {
    _id: id,
    _openid: openid,
    no: orderNumber(now, id),
    status: 'unpaid',
    items,
    total: items.reduce((sum, item) => sum + item.amount, 0),
    remark,
    pickupAt: new Date(now.getTime() + pickupMinutes * 60000),
    createdAt: now,
  }
  await transaction.collection('orders').add({ data: order })
  return order
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

async function requireOnSale(wanted) {
  const ids = wanted.map((item) => item.id)
  const { data } = await db.collection('goods').where({ _id: _.in(ids), onSale: true }).field({ _id: true }).limit(mostKinds).get()
  const known = new Set(data.map((good) => good._id))
  const missing = ids.filter((id) => !known.has(id))
  if (missing.length > 0) throw new Refusal('GOODS_NOT_FOUND', `not on sale: ${missing.join(', ')}`, { ids: missing })
}

/** Day in China and six signs of the id: short enough to read out at the counter. */
function orderNumber(now, id) {
  const day = new Date(now.getTime() + chinaOffset).toISOString().slice(0, 10).replace(/-/g, '')
  return `${day}${id.slice(0, 6).toUpperCase()}`
}

module.exports = { createOrder }
