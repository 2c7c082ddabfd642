// The function's page: a run by hand with its log lines, and logs as they come.
import { localiseTimes } from './console.js'

const LINES_MAX = 500
const form = document.getElementById('run-form')
const words = form.dataset
const base = `${words.api}/functions/${encodeURIComponent(words.function)}`
const element = (id) => document.getElementById(id)
const remembered = `sampan:event:${words.api}:${words.function}`

function make(name, text, attributes = {}) {
  const made = document.createElement(name)
  made.textContent = text
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  return made
}

function lineItem(line, { withRequest }) {
  const item = make('li', '', { class: line.level })
  item.append(make('time', '', { datetime: new Date(line.at).toISOString(), 'data-style': 'precise' }), make('b', line.level))
  if (withRequest) {
    const link = make('a', '', { href: `${location.pathname}?requestId=${encodeURIComponent(line.requestId)}#logs` })
    link.append(make('code', line.requestId))
    item.append(link)
  }
  item.append(make('span', line.text))
  return item
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds))

async function getJSON(path) {
  const answer = await fetch(words.api + path)
  if (!answer.ok) throw new Error(`${answer.status} ${path}`)
  return answer.json()
}

/** The lines and the execution of a request; the last lines reach the log a moment after the answer. */
async function traces(request) {
  const query = `requestId=${encodeURIComponent(request)}`
  let last = -1
  for (let round = 0; ; round += 1) {
    const [{ logs }, { executions }] = await Promise.all([getJSON(`/logs?limit=500&${query}`), getJSON(`/executions?${query}`)])
    const execution = executions.find((one) => one.function === words.function)
    if (round === 6 || (execution && logs.length === last)) return { logs: logs.reverse(), execution }
    last = logs.length
    await pause(120)
  }
}

function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

function duration(milliseconds) {
  return milliseconds >= 1000 ? `${(milliseconds / 1000).toFixed(2)} s` : `${milliseconds.toFixed(1)} ms`
}

function showStatus(succeeded, facts) {
  const badge = element('run-status')
  badge.className = `badge ${succeeded ? 'active' : 'bad'}`
  badge.textContent = succeeded ? words.succeeded : words.failed
  element('run-facts').textContent = facts.filter(Boolean).join(' · ')
}

function showLines(lines) {
  const items = lines.map((line) => lineItem(line, { withRequest: false }))
  element('run-lines').replaceChildren(...(items.length ? items : [make('li', words.noLines, { class: 'plain' })]))
  localiseTimes(element('run-lines'))
}

function showFailure(text) {
  element('run-result').hidden = false
  showStatus(false, [])
  element('run-output').textContent = text
  element('run-lines').replaceChildren()
}

async function invoke(event) {
  const openid = element('openid').value.trim()
  const query = openid ? `?openid=${encodeURIComponent(openid)}` : ''
  const answer = await fetch(`${base}/invoke${query}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: event })
  const text = await answer.text()
  const request = answer.headers.get('x-request-id')
  element('run-result').hidden = false
  element('run-output').textContent = readable(text)
  showStatus(answer.ok, [`HTTP ${answer.status}`, request])
  const { logs, execution } = await traces(request)
  const cold = execution?.cold && `${words.cold} ${duration(execution.coldMs)}`
  showStatus(answer.ok, [execution && duration(execution.durationMs), cold, request])
  showLines(logs)
}

/** Draws the executions anew, and the logs unless they follow by themselves. */
async function refresh() {
  const answer = await fetch(location.href)
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
  const parts = element('follow').checked ? ['executions'] : ['executions', 'log-list']
  for (const id of parts) {
    const part = fresh.getElementById(id)
    if (part) element(id).replaceChildren(...part.childNodes)
    localiseTimes(element(id))
  }
}

form.addEventListener('submit', async (submit) => {
  submit.preventDefault()
  const event = element('event').value.trim() || '{}'
  try {
    JSON.parse(event)
  } catch (error) {
    showFailure(`${words.badJson} ${error.message}`)
    return
  }
  const button = form.querySelector('button')
  const label = button.textContent
  button.disabled = true
  button.textContent = words.running
  try {
    remember(event)
    await invoke(event)
    await refresh()
  } catch (error) {
    showFailure(error instanceof TypeError ? words.unreachable : error.message)
  } finally {
    button.disabled = false
    button.textContent = label
  }
})

element('event').addEventListener('keydown', (key) => {
  if (key.key === 'Enter' && (key.ctrlKey || key.metaKey)) form.requestSubmit()
})

// A browser that keeps nothing for us only forgets the last event.
function remember(event) {
  try {
    localStorage.setItem(remembered, event)
  } catch {
    return
  }
}

function recall() {
  try {
    return localStorage.getItem(remembered)
  } catch {
    return null
  }
}

element('event').value = recall() || element('event').value

// Following

let source = null

function follow() {
  const query = new URLSearchParams({ function: words.function })
  for (const name of ['text', 'level', 'requestId']) {
    const value = new URLSearchParams(location.search).get(name)
    if (value) query.set(name, value)
  }
  const label = element('follow').nextElementSibling
  const name = label.textContent
  source = new EventSource(`${words.api}/logs/follow?${query}`)
  source.onopen = () => (label.textContent = name)
  source.onerror = () => (label.textContent = element('follow').dataset.lost)
  source.onmessage = ({ data }) => {
    element('no-lines')?.remove()
    const item = lineItem(JSON.parse(data), { withRequest: true })
    item.classList.add('new')
    const list = element('log-lines')
    list.prepend(item)
    localiseTimes(item)
    while (list.children.length > LINES_MAX) list.lastElementChild.remove()
  }
}

element('follow').addEventListener('change', () => {
  if (element('follow').checked) follow()
  else source?.close()
})
