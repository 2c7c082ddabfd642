import Kernel

extension Pipeline {
    /// The stages in an order in which fewer documents go further, with the same result.
    ///
    /// `$match` moves before stages that it does not depend on and joins another one; `$skip` and `$limit` move before stages that turn one
    /// document into one; `$sort` and `$geoNear` learn how many documents are wanted.
    static func optimized(_ stages: [PlacedStage]) -> [PlacedStage] {
        var result: [PlacedStage] = []
        for placed in stages {
            switch placed.stage {
            case .match(.fixed(let filter)): insert(filter, placed, into: &result)
            case .limit, .skip:
                let place = result.lastIndex { !$0.stage.isOneToOne }.map { $0 + 1 } ?? 0
                // A document that an expression refuses must still be refused when nothing limits the stages before.
                result.insert(placed, at: place)
            default: result.append(placed)
            }
        }
        for place in result.indices { tellLimit(to: place, &result) }
        return result
    }

    /// Moves the independent parts of a filter forward, and leaves the others.
    private static func insert(_ filter: Filter, _ placed: PlacedStage, into stages: inout [PlacedStage]) {
        var staying: [Condition] = []
        for condition in filter.condition.conjuncts {
            let needs = FieldNeeds(condition)
            var place = stages.count
            while place > 0, stages[place - 1].stage.letsPass(needs) { place -= 1 }
            if place == stages.count {
                staying.append(condition)
            } else {
                add(Filter(condition: .every([condition])), placed, at: place, &stages)
            }
        }
        if staying.count == filter.condition.conjuncts.count {
            add(filter, placed, at: stages.count, &stages)
        } else if !staying.isEmpty {
            add(Filter(condition: .every(staying)), placed, at: stages.count, &stages)
        }
    }

    private static func add(_ filter: Filter, _ placed: PlacedStage, at place: Int, _ stages: inout [PlacedStage]) {
        if place > 0, case .match(.fixed(let before)) = stages[place - 1].stage {
            stages[place - 1].stage = .match(.fixed(before.and(filter)))
        } else {
            stages.insert(PlacedStage(number: placed.number, name: placed.name, stage: .match(.fixed(filter))), at: place)
        }
    }

    private static func tellLimit(to place: Int, _ stages: inout [PlacedStage]) {
        var wanted: Int?
        var skipped = 0
        for later in stages[(place + 1)...] {
            if case .skip(let count) = later.stage {
                skipped += count
                continue
            }
            if case .limit(let limit) = later.stage { wanted = skipped + limit }
            break
        }
        guard let wanted else { return }
        switch stages[place].stage {
        case .sort(var sort):
            sort.limit = wanted
            stages[place].stage = .sort(sort)
        case .geoNear(var near):
            near.limit = min(near.limit ?? .max, wanted)
            stages[place].stage = .geoNear(near)
        default: break
        }
    }
}

extension Stage {
    /// Whether a condition on these fields may as well be asked before this stage.
    fileprivate func letsPass(_ needs: FieldNeeds) -> Bool {
        func touchesNone(_ paths: [FieldPath?]) -> Bool { !paths.contains { $0.map { needs.contains($0.root) } ?? false } }
        switch self {
        case .sort(let sort): return sort.scorePlace == nil || !needs.isAll
        case .addFields(let assignments): return touchesNone(assignments.map(\.path))
        case .unset(let tree): return !needs.isAll && !tree.actions.keys.contains { needs.contains($0.text) }
        case .unwind(let unwinding): return !needs.isRandom && touchesNone([unwinding.path, unwinding.indexField])
        case .lookup(let lookup): return touchesNone([lookup.into])
        case .graphLookup(let lookup): return touchesNone([lookup.into])
        default: return false
        }
    }
}
