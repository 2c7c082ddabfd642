// The first page of an environment: how its functions did in the last hour.
import { askJSON, duration, element, make } from './console.js'

const HOUR = 3_600_000
const RUNS_READ = 1000
const { api, home, quiet, failures, unavailable } = element('activity').dataset

function show(id, text) {
  element(id).textContent = text
  element(id).classList.remove('wait')
}

function failing(executions) {
  const counts = new Map()
  for (const run of executions) if (run.status !== 'success') counts.set(run.function, (counts.get(run.function) || 0) + 1)
  return [...counts].sort((left, right) => right[1] - left[1])
}

function attention(entries) {
  const items = entries.slice(0, 8).map(([name, count]) => {
    const item = make('li', '')
    const link = make('a', name, { href: `${home}/functions/${encodeURIComponent(name)}#executions` })
    item.append(make('span', '', { class: 'dot bad' }), link, make('span', `${count} ${failures}`, { class: 'soft' }))
    return item
  })
  const well = make('li', '', { class: 'soft' })
  well.append(make('span', '', { class: 'dot' }), make('span', quiet))
  element('attention-runs').replaceWith(...(items.length ? items : [well]))
}

try {
  const { executions } = await askJSON(`${api}/executions?since=${Date.now() - HOUR}&limit=${RUNS_READ}`)
  const times = executions.map((run) => run.durationMs).sort((left, right) => left - right)
  const failed = failing(executions)
  show('tile-runs', executions.length < RUNS_READ ? executions.length : `${RUNS_READ}+`)
  show('tile-failures', failed.reduce((sum, entry) => sum + entry[1], 0))
  if (times.length) show('tile-slow', duration(times[Math.ceil(times.length * 0.95) - 1]))
  attention(failed)
} catch (error) {
  element('attention-runs').textContent = `${unavailable} ${error.message}`
}
