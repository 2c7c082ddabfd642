// Documents as the pages show them: one language, prices as text, pictures with their full address.
const platform = require('../platform')
const { mostOfOne } = require('../shared/cart')
const { fill, inLanguage } = require('../shared/language')
const { yuan } = require('../shared/money')
const { clockText, piecesOf, timeText } = require('../shared/order-view')
const { language, texts } = require('./state')

const fewLeft = 10

function say(field) {
  return inLanguage(field, language())
}

function goodView(good) {
  const t = texts()
  return {
    id: good._id,
    name: say(good.name),
    note: say(good.note),
    story: say(good.story),
    size: say(good.size),
    ingredients: say(good.ingredients),
    keep: say(good.keep),
    price: yuan(good.price),
    picture: platform.picture(good.picture),
    tag: t.tags[good.tags[0]] || '',
    soldOut: good.stock <= 0,
    most: Math.min(good.stock, mostOfOne),
    sold: fill(t.goods.sold, { count: good.sales }),
    stock: stockText(good.stock, t),
  }
}

function stockText(stock, t) {
  if (stock <= 0) return t.goods.soldOut
  return stock <= fewLeft ? fill(t.goods.left, { count: stock }) : t.goods.plenty
}

/** One line of the bag: see `priced` in shared/cart.js for what a problem is. */
function rowView({ id, quantity, good, amount, problem }) {
  const t = texts()
  if (!good) return { id, quantity, gone: true, name: t.cart.gone, note: id, warning: true }
  const short = problem === 'short'
  return {
    id,
    quantity,
    gone: false,
    name: say(good.name),
    note: short ? fill(t.cart.short, { count: good.stock }) : say(good.size),
    warning: short,
    picture: platform.picture(good.picture),
    amount: yuan(amount),
    full: quantity >= Math.min(good.stock, mostOfOne),
  }
}

/** `translate` says names of coupons in the customer's language (common/coupons.js). */
function orderView(order, translate = (text) => text) {
  const t = texts()
  return {
    id: order._id,
    no: order.no,
    status: order.status,
    statusText: t.orders[order.status],
    statusLine: t.order[`${order.status}Line`],
    code: order.pickupCode || '',
    pickupClock: clockText(order.pickupAt),
    created: timeText(order.createdAt),
    paid: timeText(order.paidAt),
    pickup: timeText(order.pickupAt),
    remark: order.remark || t.order.noRemark,
    refunded: timeText(order.refundedAt),
    total: yuan(order.total),
    reduced: (order.discount || 0) > 0 || (order.gifts || []).length > 0,
    subtotal: yuan(order.subtotal || order.total),
    coupons: (order.coupons || []).map((coupon) => ({ id: coupon.id, name: translate(coupon.name), discount: yuan(coupon.discount), after: afterText(coupon) })),
    gifts: (order.gifts || []).map((gift) => fill(t.confirm.gift, { name: gift.name })),
    pieces: fill(t.orders.pieces, { count: piecesOf(order) }),
    names: order.items.map((item) => say(item.name)).join(' · '),
    items: order.items.map((item) => ({ id: item.id, name: say(item.name), quantity: item.quantity, price: yuan(item.price), amount: yuan(item.amount), picture: platform.picture(item.picture) })),
    pay: fill(t.order.pay, { amount: yuan(order.total) }),
  }
}

/** After a refund: whether the coupon can be used again. */
function afterText({ after }) {
  const t = texts().order
  if (!after) return ''
  return after === 'held' ? t.couponBack : t.couponGone
}

module.exports = { say, goodView, rowView, orderView }
