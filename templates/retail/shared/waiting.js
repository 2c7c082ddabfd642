// What the waiting room's component says, for every client: `place` is what the SDK tells (`cloud.waitingRoom`).
const { fill } = require('./language')

/** A time with its error: honest, and no more exact than it is. */
function waitText({ leastSeconds, mostSeconds }, texts) {
  if (mostSeconds <= 60) return texts.soon
  const unit = mostSeconds > 7200 ? 3600 : 60
  const from = Math.max(1, Math.floor(leastSeconds / unit))
  const to = Math.max(1, Math.ceil(mostSeconds / unit))
  const name = unit === 3600 ? texts.hours : texts.minutes
  return fill(from === to ? texts.about : texts.between, { from, to, name })
}

/** What to show of a place: title, lines, and how far the line has come since `first`. */
function waitingView(place, first, texts, language) {
  const ahead = Math.max(0, place.ahead)
  const inLobby = place.phase === 'lobby'
  const said = place.message ? place.message[language] || place.message.zh || place.message.en : ''
  return {
    title: texts.title,
    ahead: inLobby ? texts.drawn : ahead === 0 ? texts.next : fill(texts.people, { count: ahead }),
    time: inLobby ? fill(texts.opens, { minutes: Math.max(1, Math.ceil(place.opensInSeconds / 60)) }) : waitText(place, texts),
    message: said || '',
    percent: inLobby || first <= 0 ? 0 : Math.round((1 - ahead / first) * 100),
  }
}

module.exports = { waitingView, waitText }
