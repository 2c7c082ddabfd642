// The page of all logs: what the form asks for, older lines on demand, and new ones as they come.
import { askJSON, element, localiseTimes } from './console.js'
import { followWith, lineItem, written } from './lines.js'

const LINES_AT_ONCE = 100
const form = element('log-search')
const { api, functions } = form.dataset
const list = element('log-lines')
const options = { withRequest: true, functions }
let next = null

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
  if (next) asked.set('after', next)
  asked.set('limit', LINES_AT_ONCE)
  try {
    const page = await askJSON(`${api}/logs?${written(asked)}`)
    list.append(...page.logs.map((line) => lineItem(line, options)))
    localiseTimes(list)
    next = page.next
    element('older').hidden = page.logs.length < LINES_AT_ONCE
    element('no-lines').hidden = list.children.length > 0
  } catch (error) {
    element('log-problem').textContent = error.message
    element('log-problem').hidden = false
  }
  element('log-wait').hidden = true
}

element('older').addEventListener('click', load)
followWith(element('follow'), list, api, options, query)
load()
