"""What is the safest way to give an app access? From the app, its needs and the venue it proposes, a pure answer."""
