import { SaveAddressRequest, SavedAddress } from '@orderstream/contracts';
import { type Api, api, created, idempotently, noContent } from '@orderstream/http';
import { type Database, inTransaction } from '@orderstream/persistence';
import { z } from 'zod';
import { addAddress, addressMissing, changeAddress, customerErased, deleteAddress, listAddresses, tooManyAddresses } from './addresses.js';

type Deps = { db: Database; newId: () => string };

const notFound = addressMissing('0199a0f0-0000-7000-8000-000000000004');

export const addressRoutes = ({ db, newId }: Deps): Api =>
  api('Addresses', '/basket')
    .get(
      '/basket/addresses',
      {
        summary: 'List the saved addresses, the default first',
        who: 'shopper',
        scope: 'orders:read',
        answers: { 200: z.array(SavedAddress) },
      },
      ({ user }) => listAddresses(db, user.id),
    )
    .post(
      '/basket/addresses',
      {
        summary: 'Save an address',
        description: 'The first one is the default.',
        who: 'shopper',
        scope: 'orders:write',
        body: SaveAddressRequest,
        idempotent: true,
        answers: { 201: SavedAddress },
        refusals: [tooManyAddresses(), customerErased()],
      },
      (request) =>
        idempotently(db, request, async (tx) =>
          created(await addAddress(tx, request.user.id, newId(), request.body), '/api/basket/addresses'),
        ),
    )
    .put(
      '/basket/addresses/:id',
      {
        summary: 'Change a saved address, or make it the default',
        who: 'shopper',
        scope: 'orders:write',
        body: SaveAddressRequest,
        answers: { 200: SavedAddress },
        refusals: [notFound, customerErased()],
      },
      ({ user, params, body }) => inTransaction(db, (tx) => changeAddress(tx, user.id, params.id, body)),
    )
    .delete(
      '/basket/addresses/:id',
      {
        summary: 'Delete a saved address',
        description: 'After the default, the oldest one becomes the default.',
        who: 'shopper',
        scope: 'orders:write',
        answers: { 204: null },
        refusals: [notFound, customerErased()],
      },
      async ({ user, params }) => {
        await inTransaction(db, (tx) => deleteAddress(tx, user.id, params.id));
        return noContent();
      },
    );
