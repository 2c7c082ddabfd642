// Orders: create, list, detail, cancel, pay, refund. Customers never write the orders collection themselves.
const cloud = require('wx-server-sdk')

cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV })

const { createOrder } = require('./create-order')
const { listOrders, orderDetail } = require('./read-orders')
const { Refusal } = require('./refusal')
const { cancelOrder, payOrder, refundOrder } = require('./settle-order')
const { tidyOrders } = require('./tidy-orders')

const actions = { create: createOrder, list: listOrders, detail: orderDetail, cancel: cancelOrder, pay: payOrder, refund: refundOrder }

exports.main = async (event) => {
  const { OPENID: openid } = cloud.getWXContext()
  // The timer of config.json speaks for nobody; a customer who says so is a customer all the same.
  if (!openid && event.Type === 'Timer') return { ok: true, ...(await tidyOrders()) }
  try {
    if (!openid) throw new Refusal('NOT_LOGGED_IN', 'orders belong to a logged-in user')
    if (!Object.hasOwn(actions, event.action)) throw new Refusal('INVALID_INPUT', `action must be one of ${Object.keys(actions).join(', ')}`)
    return { ok: true, ...(await actions[event.action](openid, event)) }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    console.warn(`order ${event.action}: refused, ${error.code}: ${error.message}`)
    return { ok: false, error: { code: error.code, message: error.message, details: error.details } }
  }
}
