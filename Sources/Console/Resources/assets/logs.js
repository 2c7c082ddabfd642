// The page of all logs: older lines in place, and new ones as they come.
import { askJSON, element, localiseTimes } from './console.js'
import { followWith, lineItem, written } from './lines.js'

const LINES_AT_ONCE = 100
const form = element('log-search')
const { api, functions } = form.dataset
const list = element('log-lines')
const older = element('older')
const options = { requestsOn: form.getAttribute('action'), functions }

function query() {
  const asked = new URLSearchParams()
  for (const name of ['function', 'text', 'level', 'requestId']) {
    const value = form.elements[name].value.trim()
    if (value) asked.set(name, value)
  }
  return asked
}

async function load() {
  const asked = query()
  const minutes = Number(form.elements.minutes.value)
  if (minutes) asked.set('since', Date.now() - minutes * 60_000)
  asked.set('after', older.dataset.after)
  asked.set('limit', LINES_AT_ONCE)
  try {
    const page = await askJSON(`${api}/logs?${written(asked)}`)
    list.append(...page.logs.map((line) => lineItem(line, options)))
    localiseTimes(list)
    older.dataset.after = page.next
    older.hidden = page.logs.length < LINES_AT_ONCE
    element('log-problem').hidden = true
  } catch (error) {
    element('log-problem').textContent = error.message
    element('log-problem').hidden = false
  }
}

older?.addEventListener('click', (event) => {
  event.preventDefault()
  load()
})
followWith(element('follow'), list, api, options, query)
