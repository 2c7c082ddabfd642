// The time by the server's clock. A phone's own clock may be minutes wrong, and everybody's countdown must end at the same moment.

/** Knows the server's time from its answers; `reads` is the phone's clock, another one in tests. */
function serverClock(reads = Date.now) {
  let ahead = 0
  return {
    /** Takes the `now` of an answer that has just come. The way it took makes this clock late, never early: nobody asks before it is open. */
    set(now) {
      ahead = now - reads()
    },
    now: () => reads() + ahead,
  }
}

/** What is left until a moment, as a countdown shows it: {days, hours, minutes, seconds} as texts, or null when it has come. */
function leftUntil(moment, now) {
  const rest = Math.ceil((moment - now) / 1000)
  if (rest <= 0) return null
  const two = (number) => String(number).padStart(2, '0')
  return { days: Math.floor(rest / 86400), hours: two(Math.floor(rest / 3600) % 24), minutes: two(Math.floor(rest / 60) % 60), seconds: two(rest % 60) }
}

/** A random wait up to `most` milliseconds: whatever everybody's page does at the same moment is spread by it. */
function spread(most, random = Math.random) {
  return Math.floor(random() * most)
}

module.exports = { serverClock, leftUntil, spread }
