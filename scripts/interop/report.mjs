// What a client's program says of each operation: a line of JSON, with the problem if there is one.
import { createRequire } from "node:module";

/** A package of the environment that ENVIRONMENT names. */
export const required = createRequire(`${process.env.ENVIRONMENT}/`);

/** Say how an operation went. A failure does not keep the others from being tried. */
export async function operation(name, attempt) {
  let problem = null;
  try {
    await attempt();
  } catch (error) {
    problem = `${error.name}: ${error.message}`.slice(0, 500);
  }
  console.log(JSON.stringify({ operation: name, problem }));
}

/** Insist on the client's own error, with these properties. */
export async function rejects(kind, wanted, attempt) {
  const error = await attempt().then(
    () => { throw new Error(`no ${kind.name} was raised`); },
    (reason) => reason,
  );
  if (!(error instanceof kind)) throw error;
  same(Object.fromEntries(Object.keys(wanted).map((key) => [key, error[key]])), wanted);
}

export function same(found, wanted) {
  const [left, right] = [found, wanted].map((value) => JSON.stringify(value));
  if (left !== right) throw new Error(`${left} instead of ${right}`);
}
