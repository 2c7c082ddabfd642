// How long the latest runs of a function took. Without the chart library the table below says the same.
import { askJSON, element } from './console.js'

const RUNS_SHOWN = 200

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

function points(executions, isWanted) {
  return executions.filter(isWanted).map((run) => [run.at, Math.round(run.durationMs * 10) / 10])
}

function option(executions, words) {
  const soft = colour('--soft')
  const line = colour('--line')
  const series = [
    [words.succeeded, colour('--link'), (run) => run.status === 'success' && !run.cold],
    [words.cold, colour('--cold'), (run) => run.status === 'success' && run.cold],
    [words.failed, colour('--bad'), (run) => run.status !== 'success']
  ]
  return {
    animation: false,
    aria: { enabled: false },
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    grid: { left: 8, right: 16, top: 40, bottom: 8, containLabel: true },
    legend: { top: 4, left: 4, itemWidth: 10, textStyle: { color: soft } },
    // Drawn on the canvas: the page's policy allows no styles in markup.
    tooltip: { trigger: 'item', renderMode: 'richText' },
    xAxis: { type: 'time', axisLabel: { color: soft, hideOverlap: true }, axisLine: { lineStyle: { color: line } } },
    yAxis: { type: 'value', axisLabel: { color: soft, formatter: '{value} ms' }, splitLine: { lineStyle: { color: line } } },
    series: series.map(([name, color, isWanted]) => ({ name, type: 'scatter', symbolSize: 7, itemStyle: { color }, data: points(executions, isWanted) }))
  }
}

let drawn = null

/** What the list below is narrowed to. */
function query({ function: name, status, after }) {
  const asked = new URLSearchParams({ function: name, limit: RUNS_SHOWN })
  if (status) asked.set('status', status)
  if (after) asked.set('after', after)
  return asked
}

/** Draws the chart where the page has a place for it; once more when that is a new one. */
export async function draw() {
  const place = element('latency-chart')
  if (!place || place === drawn?.getDom()) return
  const words = place.dataset
  let echarts
  try {
    ;({ echarts } = await import('./echarts.js'))
  } catch {
    place.hidden = true
    return
  }
  const { executions } = await askJSON(`${words.api}/executions?${query(words)}`)
  if (place !== element('latency-chart')) return
  drawn?.dispose()
  const chart = (drawn = echarts.init(place))
  chart.setOption(option(executions, words))
  new ResizeObserver(() => chart.isDisposed() || chart.resize()).observe(place)
  place.dataset.drawn = ''
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  drawn?.dispose()
  drawn = null
  draw()
})
draw()
