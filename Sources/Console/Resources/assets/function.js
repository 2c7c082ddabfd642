// The function's page: a run by hand with its log lines, logs as they come, and what helps to fill its forms.
import { ask, askJSON, duration, element, localiseTimes, make } from './console.js'
import { draw } from './chart.js'
import { followWith, lineItem } from './lines.js'
import { EventDrawer } from './events.js'

const { api, function: name, page } = element('function').dataset
const base = `${api}/functions/${encodeURIComponent(name)}`

// Running

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds))

/** The lines and the execution of a request; the last lines reach the log a moment after the answer. */
async function traces(request) {
  const query = `requestId=${encodeURIComponent(request)}`
  let last = -1
  for (let round = 0; ; round += 1) {
    const [{ logs: lines }, { executions }] = await Promise.all([askJSON(`${api}/logs?limit=500&${query}`), askJSON(`${api}/executions?${query}`)])
    const execution = executions.find((one) => one.function === name)
    if (round === 6 || (execution && lines.length === last)) return { lines: lines.reverse(), execution }
    last = lines.length
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

function showStatus(words, succeeded, facts) {
  const badge = element('run-status')
  badge.className = `badge ${succeeded ? 'active' : 'bad'}`
  badge.textContent = succeeded ? words.succeeded : words.failed
  element('run-facts').textContent = facts.filter(Boolean).join(' · ')
}

function showLines(words, lines) {
  const items = lines.map((line) => lineItem(line))
  element('run-lines').replaceChildren(...(items.length ? items : [make('li', words.noLines, { class: 'plain' })]))
  localiseTimes(element('run-lines'))
}

function showFailure(words, text) {
  element('run-result').hidden = false
  showStatus(words, false, [])
  element('run-output').textContent = text
  element('run-lines').replaceChildren()
}

async function invoke(words, event) {
  const openid = element('openid').value.trim()
  const query = openid ? `?openid=${encodeURIComponent(openid)}` : ''
  // A function that fails answers with its error, which is shown as it is.
  const answer = await fetch(`${base}/invoke${query}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: event })
  const text = await answer.text()
  const request = answer.headers.get('x-request-id')
  element('run-result').hidden = false
  element('run-output').textContent = readable(text)
  showStatus(words, answer.ok, [`HTTP ${answer.status}`, request])
  const { lines, execution } = await traces(request)
  const cold = execution?.cold && `${words.cold} ${duration(execution.coldMs)}`
  showStatus(words, answer.ok, [execution && duration(execution.durationMs), cold, request])
  showLines(words, lines)
}

/** Draws parts of the page anew. */
async function refresh(...parts) {
  const answer = await ask(page + location.search)
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
  for (const id of parts) {
    const part = fresh.getElementById(id)
    if (part) element(id).replaceChildren(...part.childNodes)
    localiseTimes(element(id))
  }
}

function checked(words, text) {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    showFailure(words, `${words.badJson} ${error.message}`)
    return false
  }
}

async function run(form, events) {
  const words = form.dataset
  const event = element('event').value.trim() || '{}'
  if (!checked(words, event)) return
  const button = form.querySelector('.primary')
  const label = button.textContent
  button.disabled = true
  button.textContent = words.running
  try {
    events.rememberLast(event)
    await invoke(words, event)
    await refresh('executions', ...(element('follow')?.checked === false ? ['log-list'] : []))
    await draw()
  } catch (error) {
    showFailure(words, error instanceof TypeError ? document.body.dataset.unreachable : error.message)
  } finally {
    button.disabled = false
    button.textContent = label
  }
}

const form = element('run-form')
if (form) {
  const events = new EventDrawer(`${api}:${name}`, form.dataset.unnamed)
  form.addEventListener('submit', (submit) => {
    submit.preventDefault()
    run(form, events)
  })
  element('event').addEventListener('keydown', (key) => {
    if (key.key === 'Enter' && (key.ctrlKey || key.metaKey)) form.requestSubmit()
  })
}

// Following

const follow = element('follow')
if (follow) followWith(follow, element('log-lines'), api, { requestsOn: page }, () => {
  const query = new URLSearchParams({ function: name })
  for (const wanted of ['text', 'level', 'requestId']) {
    const value = new URLSearchParams(location.search).get(wanted)
    if (value) query.set(wanted, value)
  }
  return query
})

// Dividing the calls

const traffic = element('traffic-form')

function showSum() {
  const weights = [...traffic.querySelectorAll('[name^="share-"]')].map((input) => Number(input.value))
  element('traffic-sum').textContent = `${traffic.dataset.sum} ${weights.reduce((sum, weight) => sum + weight, 0)}`
}

if (traffic) {
  traffic.addEventListener('input', showSum)
  showSum()
}

// Triggers: a schedule that is chosen is shown as one that is written, to begin from

element('trigger-preset')?.addEventListener('change', ({ target }) => {
  element('trigger-schedule').value = target.value
  if (!target.value) element('trigger-schedule').focus()
})
