// What all pictures have in common: the canvas, the tinted ground, the shadow, and helpers that keep the drawings short.

/** A full picture: a tinted square with a lighter sun behind the subject and a soft shadow under it. */
export function scene({ tint, sun, ground = 396, shadowWidth = 118, shadow = '#3b342a' }, body) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 480" width="480" height="480">
<rect width="480" height="480" fill="${tint}"/>
<circle cx="240" cy="232" r="172" fill="${sun}"/>
<ellipse cx="244" cy="${ground}" rx="${shadowWidth}" ry="13" fill="${shadow}" opacity=".09"/>
<ellipse cx="242" cy="${ground - 1}" rx="${Math.round(shadowWidth * 0.72)}" ry="7" fill="${shadow}" opacity=".10"/>
${body}
</svg>
`
}

let serial = 0

/** A gradient from left to right (or along the given direction); gives the definition and the reference to paint with. */
export function gradient(stops, { x1 = 0, y1 = 0, x2 = 1, y2 = 0 } = {}) {
  const id = `g${(serial += 1)}`
  const marks = stops.map(([offset, color]) => `<stop offset="${offset}" stop-color="${color}"/>`).join('')
  return { defs: `<linearGradient id="${id}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}">${marks}</linearGradient>`, paint: `url(#${id})` }
}

/** Shows `body` only inside `shape` (an SVG path). */
export function clipped(shape, body) {
  const id = `c${(serial += 1)}`
  return `<clipPath id="${id}"><path d="${shape}"/></clipPath><g clip-path="url(#${id})">${body}</g>`
}

/** Names of gradients and clips are numbered within one picture, so that redrawing gives the same bytes. */
export function startPicture() {
  serial = 0
}

/** A repeatable source of numbers from 0 to 1: the same seeds fall on the same bun every time. */
export function scatter(seed) {
  let state = seed
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648
    return state / 2147483648
  }
}

/** The shop's mark: three waves, as on cups, tins and boxes. */
export function waves(x, y, size, color, width = 3.2) {
  const row = (dy, inset) => {
    const step = (size - inset * 2) / 4
    return `<path d="M${x - size / 2 + inset} ${y + dy} q${step / 2} ${-step * 0.62} ${step} 0 t${step} 0 t${step} 0 t${step} 0"/>`
  }
  return `<g fill="none" stroke="${color}" stroke-width="${width}" stroke-linecap="round">${row(-size * 0.2, size * 0.14)}${row(0, 0)}${row(size * 0.2, size * 0.14)}</g>`
}

export function leaf(x, y, length, angle, color, vein) {
  const half = length / 2
  return `<g transform="translate(${x} ${y}) rotate(${angle})"><path d="M0 0 C${half * 0.5} ${-half * 0.75} ${length * 0.85} ${-half * 0.5} ${length} 0 C${length * 0.85} ${half * 0.5} ${half * 0.5} ${half * 0.75} 0 0Z" fill="${color}"/><path d="M${length * 0.08} 0H${length * 0.82}" stroke="${vein}" stroke-width="2" stroke-linecap="round" fill="none"/></g>`
}
