/** An alarm that a hidden tab does not slow down: a worker's timers are not throttled. Takes a delay in ms, says when it is over. */

let timer: ReturnType<typeof setTimeout> | undefined;

addEventListener('message', ({ data: delayMs }: MessageEvent<number>) => {
  clearTimeout(timer);
  timer = setTimeout(() => postMessage('ring'), delayMs);
});

postMessage('ready');
