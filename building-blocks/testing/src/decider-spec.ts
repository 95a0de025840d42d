import { expect } from 'chai';

type Decider<State, Command, Event> = {
  decide: (command: Command, state: State) => Event[];
  evolve: (state: State, event: Event) => State;
  initialState: State;
};

/**
 * The specification of a decider, one line each: `given(events).when(command).then(events)`, or
 * `.thenThrows(ErrorClass, code)`.
 */
export const deciderSpec =
  <State, Command, Event>({ decide, evolve, initialState }: Decider<State, Command, Event>) =>
  (history: Event[]) => ({
    when: (command: Command) => {
      const state = history.reduce(evolve, initialState);
      return {
        // biome-ignore lint/suspicious/noThenProperty: given/when/then is the usual form; no one awaits this object
        then: (expected: Event[]): void => {
          expect(decide(command, state)).to.deep.equal(expected);
        },
        // biome-ignore lint/suspicious/noExplicitAny: any class of error
        thenThrows: (errorClass: new (...args: any[]) => Error, code: string): void => {
          try {
            decide(command, state);
          } catch (error) {
            expect(error).to.be.instanceOf(errorClass);
            expect(error).to.have.property('code', code);
            return;
          }
          expect.fail(`expected ${errorClass.name} ${code}, but the command was accepted`);
        },
      };
    },
  });
