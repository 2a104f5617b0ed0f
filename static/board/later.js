// @ts-check
/** Work in small steps, one at a time, so that the page answers in between. */

/** @type {(() => void)[]} */
let jobs = [];
let running = false;

/** Runs the job after those that wait already. @param {() => void} job @returns {() => void} takes it back */
export function later(job) {
  jobs.push(job);
  if (!running) run();
  return () => void (jobs = jobs.filter((other) => other !== job));
}

async function run() {
  running = true;
  while (jobs.length > 0) {
    // A turn of its own for each: what a job changes is drawn before the next begins.
    await new Promise((resolve) => setTimeout(resolve));
    try {
      jobs.shift()?.();
    } catch (error) {
      reportError(error);
    }
  }
  running = false;
}
