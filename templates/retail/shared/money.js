// Prices are whole fen everywhere; only what people read is in yuan.

/** 1800 → "18", 1850 → "18.50". */
function yuan(fen) {
  const whole = Math.floor(fen / 100)
  const rest = fen % 100
  return rest === 0 ? String(whole) : `${whole}.${String(rest).padStart(2, '0')}`
}

module.exports = { yuan }
