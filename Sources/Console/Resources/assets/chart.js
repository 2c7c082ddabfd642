// How long the latest runs of a function took. Without the chart library the table below says the same.
import { askJSON, element } from './console.js'

const RUNS_SHOWN = 200
const place = element('latency-chart')

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

async function draw() {
  const words = place.dataset
  let echarts
  try {
    ;({ echarts } = await import('./echarts.js'))
  } catch {
    place.hidden = true
    return
  }
  const { executions } = await askJSON(`${words.api}/executions?function=${encodeURIComponent(words.function)}&limit=${RUNS_SHOWN}`)
  const chart = echarts.init(place)
  chart.setOption(option(executions, words))
  new ResizeObserver(() => chart.resize()).observe(place)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => chart.setOption(option(executions, words)))
  place.dataset.drawn = ''
}

if (place) await draw()
