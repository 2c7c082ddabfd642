import Kernel

extension PipelineContext {
    /// The stage at work.
    func sink(for stage: Stage, _ surroundings: Surroundings) throws -> StageSink {
        switch stage {
        case .match(let match): MatchSink(try match.bound(to: surroundings.variables, now: evaluation.now), surroundings)
        case .limit(let limit): LimitSink(limit, surroundings)
        case .skip(let count): SkipSink(count, surroundings)
        case .count(let name): CountSink(name, surroundings)
        case .project(let projection): ChangeSink(.project(projection), surroundings)
        case .addFields(let assignments): ChangeSink(.addFields(assignments), surroundings)
        case .unset(let tree): ChangeSink(.unset(tree), surroundings)
        case .replaceRoot(let expression): ChangeSink(.replaceRoot(expression), surroundings)
        case .redact(let expression): ChangeSink(.redact(expression), surroundings)
        case .unwind(let unwinding): UnwindSink(unwinding, surroundings)
        case .lookup(let lookup): lookupSink(lookup, surroundings)
        case .graphLookup(let lookup): GraphLookupSink(lookup, surroundings)
        case .unionWith(let union): UnionSink(union, surroundings)
        default: try holdingSink(for: stage, surroundings)
        }
    }

    private func lookupSink(_ lookup: Lookup, _ surroundings: Surroundings) -> StageSink {
        if let pipeline = lookup.pipeline { return PipelineLookupSink(lookup, pipeline, surroundings) }
        // The parser lets no `$lookup` pass that has neither.
        guard let equality = lookup.equality, let collection = lookup.from else {
            return PipelineLookupSink(lookup, Pipeline(stages: []), surroundings)
        }
        return EqualityLookupSink(lookup, in: collection, equality, surroundings)
    }

    /// The stages that must see everything before they can pass on anything.
    private func holdingSink(for stage: Stage, _ surroundings: Surroundings) throws -> StageSink {
        switch stage {
        case .group(let grouping): GroupSink(grouping, surroundings)
        case .sort(let sort): SortSink(sort, surroundings)
        case .sample(let size): SampleSink(size, surroundings)
        case .bucketAuto(let buckets): AutomaticBucketSink(buckets, surroundings)
        case .facet(let facets): try FacetSink(facets, surroundings)
        case .geoNear(let near): try GeoNearSink(near, surroundings)
        case .windowFields(let window): WindowSink(window, surroundings)
        case .densify(let densify): DensifySink(densify, surroundings)
        case .fill(let fill): FillSink(fill, surroundings)
        case .documents(let list): DocumentsSink(list, surroundings)
        default: preconditionFailure("every other stage has its sink in sink(for:_:)")
        }
    }
}
