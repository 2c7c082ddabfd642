// How orders are shown: times, pick-up choices, status.
const { fill } = require('./language')

const statuses = ['unpaid', 'paid', 'cancelled', 'refunded']

/** Minutes from now that a customer can choose; 15 is what "soon" takes. */
const pickupChoices = [15, 30, 60, 120]

function two(number) {
  return String(number).padStart(2, '0')
}

/** "2026-11-23 09:05" in the customer's own time. */
function timeText(value) {
  if (!value) return ''
  const at = new Date(value)
  return `${dateText(value)} ${two(at.getHours())}:${two(at.getMinutes())}`
}

function dateText(value) {
  const at = new Date(value)
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}

function clockText(value) {
  const at = new Date(value)
  return `${two(at.getHours())}:${two(at.getMinutes())}`
}

function pickupLabel(minutes, texts) {
  return fill(minutes === pickupChoices[0] ? texts.confirm.soon : texts.confirm.inMinutes, { minutes })
}

/** Is the shop open at this moment? `opens` and `closes` are "08:00" on the shop's own clock, which is China's. */
function isOpen(shop, now) {
  const clock = new Date(now.getTime() + 8 * 3600 * 1000).toISOString().slice(11, 16)
  return clock >= shop.opens && clock < shop.closes
}

function piecesOf(order) {
  return order.items.reduce((sum, item) => sum + item.quantity, 0)
}

module.exports = { statuses, pickupChoices, timeText, dateText, clockText, pickupLabel, isOpen, piecesOf }
