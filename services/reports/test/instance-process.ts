/** An instance in a process of its own, which tests kill and freeze. */
import { instance, type Place } from './instance.js';

await instance(JSON.parse(process.env.TEST_PLACE!) as Place).start();
