mkdir d; echo one >d/one; ln d/one d/two; ln d/one three
