// The customer's orders, newest first, a page at a time.
import { h, replace } from '../app/dom.js'
import { shop } from '../app/platform.js'
import { fill, say, t } from '../app/state.js'
import { bones, failure, message, picture, price, toastError } from '../app/widgets.js'
import { piecesOf, statuses, timeText } from '../shared/order-view.js'

let status = ''

export async function ordersPage({ view, alive }) {
  const filters = h('div', { class: 'filters', role: 'group', 'aria-label': t().orders.title })
  const list = h('div', { class: 'order-list' })
  replace(view, filters, list)
  const drawFilters = () => replace(filters, ['', ...statuses].map((each) => h('button', {
    class: 'filter', 'aria-pressed': status === each ? 'true' : 'false', onclick: () => { status = each; drawFilters(); load(list, alive) },
  }, t().orders[each || 'all'])))
  drawFilters()
  await load(list, alive)
}

async function load(list, alive) {
  const wanted = status
  replace(list, bones('order-bone card', 3))
  try {
    const { orders, more } = await shop.orders({ status: wanted, page: 1 })
    if (alive() && status === wanted) draw(list, { orders, more, page: 1, wanted })
  } catch (error) {
    console.error('the orders could not be loaded:', error)
    if (alive()) replace(list, failure(() => load(list, alive)))
  }
}

function draw(list, { orders, more, page, wanted }) {
  const texts = t().orders
  if (orders.length === 0) {
    replace(list, message({ picture: 'empty-orders', title: texts.empty, hint: texts.emptyHint, action: { href: '#/', text: texts.browse } }))
    return
  }
  const next = async () => {
    try {
      const answer = await shop.orders({ status: wanted, page: page + 1 })
      if (status === wanted) draw(list, { orders: orders.concat(answer.orders), more: answer.more, page: page + 1, wanted })
    } catch (error) {
      toastError(error)
    }
  }
  replace(list, orders.map(orderCard), more ? h('button', { class: 'button quiet more', onclick: next }, texts.more) : null)
}

function orderCard(order) {
  const texts = t().orders
  return h('a', { class: 'card order-card', href: `#/orders/${order._id}` },
    h('div', { class: 'order-head' }, h('small', {}, timeText(order.createdAt)), h('span', { class: `state ${order.status}` }, texts[order.status])),
    h('div', { class: 'order-body' },
      h('div', { class: 'thumbs' }, order.items.slice(0, 4).map((item) => picture(item.picture, say(item.name)))),
      h('div', { class: 'order-sum' }, price(order.total), h('small', {}, fill(texts.pieces, { count: piecesOf(order) })))),
    h('p', { class: 'order-names' }, order.items.map((item) => say(item.name)).join(' · ')))
}
