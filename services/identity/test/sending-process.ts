import { connectDatabase } from '@orderstream/persistence';
import { testHost } from '@orderstream/testing';
import { mailQueue } from '../src/mail/mail-queue.js';
import { mailSender } from '../src/mail/mail-sender.js';

/** For specs: a mail sender in a process of its own, for the test to kill. */
const { DATABASE_URL = '', SMTP_URL = '' } = process.env;
const db = connectDatabase(DATABASE_URL);
await mailSender({ db, mails: mailQueue(), smtpUrl: SMTP_URL, from: 'shop@example.com', leaseMs: 500 }).start(testHost());
