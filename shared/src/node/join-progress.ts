/** The stages of joining (thesis 3.5.1) as steps that only go forward, until all links are lost and it begins anew. */
import { JoinStep, type NodeEvent } from './events.ts';

const ORDER: readonly JoinStep[] = [
  JoinStep.contacting,
  JoinStep.redirected,
  JoinStep.associating,
  JoinStep.associated,
  JoinStep.validated,
  JoinStep.attached,
  JoinStep.receiving,
];

export class JoinProgress {
  #reached = -1;

  /** The event to tell, if this step is further than what was told before. `peers`: how many the step speaks of. */
  reach(step: JoinStep, peers: number): NodeEvent | undefined {
    const place = ORDER.indexOf(step);
    if (place <= this.#reached) return undefined;
    this.#reached = place;
    return { type: 'join-step', step, peers };
  }

  has(step: JoinStep): boolean {
    return this.#reached >= ORDER.indexOf(step);
  }

  /** Back to a step, because what was reached after it is lost. */
  fallBack(step: JoinStep): void {
    this.#reached = Math.min(this.#reached, ORDER.indexOf(step));
  }
}
