// The operator's list of environments: how many runs each had in the last hour, and how many failed.
import { askJSON, element, make } from './console.js'

const HOUR = 3_600_000
const RUNS_READ = 1000
// Each environment has a file of its own; a page of fifty is not asked for all at once.
const ASKED_AT_ONCE = 4

async function show(cell) {
  const { runs, failures, unavailable } = element('list').dataset
  try {
    const { executions } = await askJSON(`${cell.dataset.activity}/executions?since=${Date.now() - HOUR}&limit=${RUNS_READ}`)
    const failed = executions.filter((run) => run.status !== 'success').length
    const count = executions.length < RUNS_READ ? executions.length : `${RUNS_READ}+`
    cell.replaceChildren(make('span', `${count} ${runs}`))
    if (failed) cell.append(' ', make('span', `${failed} ${failures}`, { class: 'badge bad' }))
  } catch (error) {
    cell.replaceChildren(make('span', unavailable, { class: 'faint', title: error.message }))
  }
}

async function showAll() {
  const waiting = [...document.querySelectorAll('[data-activity]:not([data-asked])')]
  for (const cell of waiting) cell.dataset.asked = ''
  const work = async () => {
    for (let cell = waiting.shift(); cell; cell = waiting.shift()) await show(cell)
  }
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, work))
}

document.addEventListener('htmx:afterSettle', showAll)
await showAll()
