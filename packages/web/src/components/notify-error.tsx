/** An error where there is no place for it on the page: a notice in the corner that stays until it is read. */
import { notifications } from '@mantine/notifications'
import { ErrorNotice } from './error-notice.tsx'

/** For `onError` of a mutation. */
export const notifyError = (error: unknown): void =>
  void notifications.show({
    message: <ErrorNotice error={error} />,
    autoClose: false,
    withBorder: true,
  })
