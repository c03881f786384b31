/** Where short messages appear (`notifications.show`): in a corner, heard by screen readers. */
import { Notifications } from '@mantine/notifications'

/** Rendered once, by the app. */
export const Notices = () => <Notifications position="bottom-right" />
