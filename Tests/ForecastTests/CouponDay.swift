import Forecast

/// A made-up coupon drop: a step of claims, and holders who redeem at one of the next meals, at once, or never.
struct CouponDay {
    /// Minute of each claim, and of its redemption if there is one.
    private(set) var lives: [(claimed: Minute, redeemed: Minute?)] = []

    /// `holders` claim from `start` on (half within 15 minutes); `keen` of a hundred redeem: 55 in 100 of them at the next meal, 30 at the one after, 15 at once.
    init(start: Minute, holders: Int, keen: Double, seed: UInt64, calendar: DayCalendar = DayCalendar()) {
        var chance = Chance(seed: seed)
        for _ in 0..<holders {
            let claimed = start + Int(chance.exponential(mean: 22))
            guard chance.even() * 100 < keen else {
                lives.append((claimed, nil))
                continue
            }
            let how = chance.even()
            if how < 0.15 {
                lives.append((claimed, claimed + Int(chance.exponential(mean: 6))))
            } else {
                lives.append((claimed, Self.meal(how < 0.7 ? 0 : 1, after: claimed, &chance, calendar)))
            }
        }
    }

    /// A minute at the next meal, or the one after it, that lies behind the claim.
    private static func meal(_ skipped: Int, after claimed: Minute, _ chance: inout Chance, _ calendar: DayCalendar) -> Minute {
        let midnight = calendar.start(of: calendar.day(at: claimed))
        // Lunch at 12:05 ± 28 minutes, dinner at 18:25 ± 38 minutes.
        let meals: [Minute] = [725, 1105, 2165, 2545, 3605].map { midnight + $0 }
        let next = meals.firstIndex { $0 + 15 > claimed } ?? 0
        let middle = meals[next + skipped]
        let width = (middle - midnight) % 1440 == 725 ? 28.0 : 38
        for _ in 0..<50 {
            let minute = middle + Int((width * chance.normal()).rounded())
            if minute > claimed { return minute }
        }
        return claimed + 1
    }

    /// Claims and redemptions before `now`, by minute.
    func counts(before now: Minute) -> (claims: [RedeemWave.Count], redemptions: [RedeemWave.Count]) {
        func byMinute(_ minutes: [Minute]) -> [RedeemWave.Count] {
            Dictionary(grouping: minutes.filter { $0 < now }) { $0 }.map { RedeemWave.Count(minute: $0.key, count: $0.value.count) }.sorted {
                $0.minute < $1.minute
            }
        }
        return (byMinute(lives.map(\.claimed)), byMinute(lives.compactMap(\.redeemed)))
    }

    /// The busiest minute from `now` on, evened out over 20 minutes, as the prediction's is.
    func peak(from now: Minute) -> RedeemWave.Peak {
        var rates = [Double](repeating: 0, count: 1440)
        for life in lives { if let minute = life.redeemed, minute >= now, minute < now + 1440 { rates[minute - now] += 1 } }
        let even = rates.indices.map { place in
            let around = rates[max(0, place - 15)..<min(rates.count, place + 15)]
            return around.reduce(0, +) / Double(around.count)
        }
        let place = even.indices.max { even[$0] < even[$1] } ?? 0
        return RedeemWave.Peak(minute: now + place, height: even[place])
    }
}
