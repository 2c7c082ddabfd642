// The shopping bag: a list of {id, quantity}. Pure: every function gives a new list; keeping it is the caller's business.

/** What one customer may take of one good at once; the order function checks the same number. */
const mostOfOne = 20

function quantityOf(lines, id) {
  const line = lines.find((each) => each.id === id)
  return line ? line.quantity : 0
}

/** Sets how many of a good are in the bag; zero takes it out. */
function withQuantity(lines, id, quantity) {
  const wanted = Math.max(0, Math.min(mostOfOne, Math.floor(quantity)))
  if (wanted === 0) return lines.filter((line) => line.id !== id)
  if (quantityOf(lines, id) === 0) return [{ id, quantity: wanted }].concat(lines)
  return lines.map((line) => (line.id === id ? { id, quantity: wanted } : line))
}

function withMore(lines, id, quantity) {
  return withQuantity(lines, id, quantityOf(lines, id) + quantity)
}

function pieces(lines) {
  return lines.reduce((sum, line) => sum + line.quantity, 0)
}

/**
 * The bag as it is shown: each line with its good, its price and what is wrong with it.
 * `problem` is '' or 'gone' (no longer sold) or 'short' (more wanted than there is).
 */
function priced(lines, goods) {
  const byId = {}
  goods.forEach((each) => { byId[each._id] = each })
  const rows = lines.map((line) => {
    const good = byId[line.id]
    if (!good || good.onSale === false) return { id: line.id, quantity: line.quantity, good: null, amount: 0, problem: 'gone' }
    const problem = good.stock < line.quantity ? 'short' : ''
    return { id: line.id, quantity: line.quantity, good, amount: good.price * line.quantity, problem }
  })
  return {
    rows,
    total: rows.reduce((sum, row) => sum + row.amount, 0),
    count: pieces(lines),
    ready: rows.length > 0 && rows.every((row) => row.problem === ''),
  }
}

/** Reads back what was stored, whatever it is by now. */
function restored(stored) {
  if (!Array.isArray(stored)) return []
  return stored.filter((line) => line && typeof line.id === 'string' && Number.isInteger(line.quantity) && line.quantity > 0)
}

module.exports = { mostOfOne, quantityOf, withQuantity, withMore, pieces, priced, restored }
