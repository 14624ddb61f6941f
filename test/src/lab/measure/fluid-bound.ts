import highsModule from 'highs';

// Its types are those of its CommonJS form, in which the loader is a property.
const loadHighs = highsModule as unknown as typeof highsModule.default;

/** A stretch of time in which links and routes stay as they are. */
export interface FluidPhase {
  /** Infinity in the last one. */
  readonly durationSeconds: number;
  /** Bits per second by directed link; a link that is not here has no limit. */
  readonly capacityBitsPerSecond: ReadonlyMap<string, number>;
  /** Directed links from a source to a receiver; undefined where no packet gets there. */
  links(source: string, receiver: string): readonly string[] | undefined;
}

export interface FluidProblem {
  readonly sizeBytes: number;
  /** Hosts that hold the whole content from the beginning. */
  readonly seeds: readonly string[];
  /** Receivers that may send on what they got. */
  readonly relays: readonly string[];
  readonly receivers: readonly string[];
  /** Sets of receivers into which each byte must come from outside at least once, beside the set of all. */
  readonly regions: readonly (readonly string[])[];
  readonly phases: readonly FluidPhase[];
}

/**
 * The least time in seconds in which every receiver can have all bytes, if content were a fluid that can be sent on at once
 * (Kumar & Ross, "Peer-assisted file distribution: the minimum distribution time", 2006, here over links that flows share). Every
 * real distribution meets its constraints, so that none is faster. Infinity if some receiver cannot be reached.
 */
export async function fluidBoundSeconds(problem: FluidProblem): Promise<number> {
  const highs = await loadHighs();
  let elapsedSeconds = 0;
  for (const [last, phase] of problem.phases.entries()) {
    // A distribution that ends in this phase has all phases before it in full.
    const solution = highs.solve(programOf(problem, last));
    if (solution.Status === 'Optimal') {
      const seconds = solution.ObjectiveValue;
      if (seconds <= phase.durationSeconds) return elapsedSeconds + seconds;
    } else if (solution.Status !== 'Infeasible') {
      throw new Error(`The linear programme of the fluid bound ended as ${solution.Status}`);
    }
    elapsedSeconds += phase.durationSeconds;
  }
  return Number.POSITIVE_INFINITY;
}

/** Megabits keep the coefficients near one. */
const MEGABIT = 1e6;

/** In the CPLEX LP format: minimise the duration `t` of phase `last`. Variable `x_p_s_r`: megabits from s to r in phase p. */
function programOf(problem: FluidProblem, last: number): string {
  const sizeMegabits = (problem.sizeBytes * 8) / MEGABIT;
  const sources = [...problem.seeds, ...problem.relays];
  const seeds = new Set(problem.seeds);
  const flows: { name: string; source: string; receiver: string }[] = [];
  const onLink = new Map<string, string[]>();
  for (let phase = 0; phase <= last; phase++) {
    for (const [from, source] of sources.entries()) {
      for (const [to, receiver] of problem.receivers.entries()) {
        const links = source === receiver ? undefined : problem.phases[phase]!.links(source, receiver);
        if (links === undefined) continue;
        const name = `x_${phase}_${from}_${to}`;
        flows.push({ name, source, receiver });
        for (const link of new Set(links)) push(onLink, `${phase} ${link}`, name);
      }
    }
  }
  const constraints: string[] = [];
  const atLeast = (names: readonly string[]): void => {
    constraints.push(`${sum(names)} >= ${sizeMegabits}`);
  };
  for (const receiver of problem.receivers) {
    constraints.push(
      `${sum(flows.filter((flow) => flow.receiver === receiver).map(({ name }) => name))} = ${sizeMegabits}`,
    );
  }
  for (const region of [problem.receivers, ...problem.regions]) {
    const inside = new Set(region);
    const entering = flows.filter(
      ({ source, receiver }) => inside.has(receiver) && (seeds.has(source) || !inside.has(source)),
    );
    atLeast(entering.map(({ name }) => name));
  }
  for (const [key, names] of onLink) {
    const [phase, link] = [Number(key.slice(0, key.indexOf(' '))), key.slice(key.indexOf(' ') + 1)];
    const { capacityBitsPerSecond, durationSeconds } = problem.phases[phase]!;
    const capacity = capacityBitsPerSecond.get(link);
    if (capacity === undefined) continue;
    const megabits = capacity / MEGABIT;
    constraints.push(
      phase === last
        ? `${sum(names)} - ${megabits} t <= 0`
        : `${sum(names)} <= ${megabits * durationSeconds}`,
    );
  }
  const rows = constraints.map((constraint, index) => ` c${index}: ${constraint}`);
  return ['Minimize', ' obj: t', 'Subject To', ...rows, 'End', ''].join('\n');
}

/** A sum over nothing keeps its row, so that what cannot be reached makes the programme infeasible. */
const sum = (names: readonly string[]): string => (names.length === 0 ? '0 t' : names.join(' + '));

function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}
