/** An instance in a process of its own, to be killed and frozen. */
import { instance, type Place } from './instance.js';

await instance(JSON.parse(process.env.TEST_PLACE!) as Place).start();
