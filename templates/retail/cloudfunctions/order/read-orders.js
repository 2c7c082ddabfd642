// Reading the caller's own orders.
const cloud = require('wx-server-sdk')
const { Refusal } = require('./refusal')
const { settleCoupons } = require('./settle-coupons')

const db = cloud.database()

const statuses = ['unpaid', 'paid', 'cancelled', 'refunded']
const mostPerPage = 50

async function listOrders(openid, { status = '', page = 1, pageSize = 20 }) {
  if (status !== '' && !statuses.includes(status)) throw new Refusal('INVALID_INPUT', `status must be empty or one of ${statuses.join(', ')}`)
  if (!isWhole(page, 1, 1000)) throw new Refusal('INVALID_INPUT', 'page must be a whole number from 1')
  if (!isWhole(pageSize, 1, mostPerPage)) throw new Refusal('INVALID_INPUT', `pageSize must be a whole number from 1 to ${mostPerPage}`)

  const where = status === '' ? { _openid: openid } : { _openid: openid, status }
  const skip = (page - 1) * pageSize
  const { data } = await db.collection('orders').where(where).orderBy('createdAt', 'desc').skip(skip).limit(pageSize + 1).get()
  const orders = data.slice(0, pageSize).map(presented)
  console.log(`order list: ${orders.length} ${status || 'of all kinds'} for ${openid}, page ${page}`)
  return { orders, more: data.length > pageSize }
}

async function orderDetail(openid, { id }) {
  return { order: presented(await settleCoupons(await requireOrder(openid, id))) }
}

async function findOrder(openid, id) {
  const { data } = await db.collection('orders').where({ _id: id, _openid: openid }).limit(1).get()
  return data[0]
}

/** The order, if it is the caller's; somebody else's order looks like no order. */
async function requireOrder(openid, id) {
  if (typeof id !== 'string' || id === '') throw new Refusal('INVALID_INPUT', 'id must be the id of an order')
  const order = await findOrder(openid, id)
  if (!order) throw new Refusal('ORDER_NOT_FOUND', `there is no order "${id}" of this user`)
  return order
}

/** The order as clients see it: without the owner's openid, times as ISO texts. */
function presented({ _openid, ...order }) {
  const view = { ...order }
  for (const field of ['createdAt', 'pickupAt', 'paidAt', 'cancelledAt', 'refundedAt']) {
    if (view[field]) view[field] = new Date(view[field]).toISOString()
  }
  return view
}

function isWhole(value, least, most) {
  return Number.isInteger(value) && value >= least && value <= most
}

module.exports = { listOrders, orderDetail, findOrder, requireOrder, presented }
