// Days as the shop's owner counts them: from midnight to midnight in China, wherever the server stands.
const offset = 8 * 3600 * 1000
const dayLength = 24 * 3600 * 1000

/** "2026-11-22": the day before the given moment. */
function dayBefore(moment) {
  return new Date(moment.getTime() + offset - dayLength).toISOString().slice(0, 10)
}

/** The first moment of a day and of the one after it; null if the text is no day. */
function boundsOf(day) {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return null
  const midnight = Date.parse(`${day}T00:00:00Z`)
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) return null
  return { from: new Date(midnight - offset), to: new Date(midnight - offset + dayLength) }
}

module.exports = { dayBefore, boundsOf }
